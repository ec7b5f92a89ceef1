#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/records.h"

namespace signet::store {

/// A list in one text column: each item on a line of its own, backslash and line feed escaped.
std::string list_to_text(const std::vector<std::string>& items);
std::vector<std::string> text_to_list(std::string_view text);

std::optional<std::string> text_if_there(Statement& row, int column);
std::optional<std::int64_t> integer_if_there(Statement& row, int column);

/// The columns of `certificates` from serial to revocation_reason, in the order of the table; `first` is serial's
/// place.
CertificateRecord read_certificate_columns(Statement& row, int first);

/// The words of RFC 8555 section 7.1.6, as the columns hold them. The readers throw corrupt for any other word.
std::string_view to_text(AccountStatus status);
std::string_view to_text(OrderStatus status);
std::string_view to_text(AuthorizationStatus status);
std::string_view to_text(ChallengeStatus status);
AccountStatus account_status(std::string_view text);
OrderStatus order_status(std::string_view text);
AuthorizationStatus authorization_status(std::string_view text);
ChallengeStatus challenge_status(std::string_view text);

/// An identifier from its two columns; `type` as x509::type_name spells it.
x509::Identifier read_identifier(std::string_view type, const std::string& value);

}  // namespace signet::store
