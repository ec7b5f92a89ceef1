#include "store/columns.h"

#include <array>
#include <utility>

#include "base/error.h"

namespace signet::store {

using base::Error;
using base::Kind;

namespace {

template <class Status, std::size_t N>
using Words = std::array<std::pair<Status, std::string_view>, N>;

constexpr Words<AccountStatus, 3> k_account{{{AccountStatus::valid, "valid"},
                                             {AccountStatus::deactivated, "deactivated"},
                                             {AccountStatus::revoked, "revoked"}}};
constexpr Words<OrderStatus, 5> k_order{{{OrderStatus::pending, "pending"},
                                         {OrderStatus::ready, "ready"},
                                         {OrderStatus::processing, "processing"},
                                         {OrderStatus::valid, "valid"},
                                         {OrderStatus::invalid, "invalid"}}};
constexpr Words<AuthorizationStatus, 6> k_authorization{{{AuthorizationStatus::pending, "pending"},
                                                         {AuthorizationStatus::valid, "valid"},
                                                         {AuthorizationStatus::invalid, "invalid"},
                                                         {AuthorizationStatus::deactivated, "deactivated"},
                                                         {AuthorizationStatus::expired, "expired"},
                                                         {AuthorizationStatus::revoked, "revoked"}}};
constexpr Words<ChallengeStatus, 4> k_challenge{{{ChallengeStatus::pending, "pending"},
                                                 {ChallengeStatus::processing, "processing"},
                                                 {ChallengeStatus::valid, "valid"},
                                                 {ChallengeStatus::invalid, "invalid"}}};

template <class Status, std::size_t N>
std::string_view word(const Words<Status, N>& words, Status status) {
    for (const auto& [value, text] : words) {
        if (value == status) return text;
    }
    throw Error{Kind::internal, "a status without a word"};
}

template <class Status, std::size_t N>
Status value(const Words<Status, N>& words, std::string_view text) {
    for (const auto& [status, known] : words) {
        if (known == text) return status;
    }
    throw Error{Kind::corrupt, "the database holds the unknown status '" + std::string(text) + "'",
                "restore the store from a backup"};
}

}  // namespace

std::string list_to_text(const std::vector<std::string>& items) {
    std::string out;
    for (const auto& item : items) {
        for (const char c : item) {
            if (c == '\\') {
                out += "\\\\";
            } else if (c == '\n') {
                out += "\\n";
            } else {
                out += c;
            }
        }
        out += '\n';
    }
    return out;
}

std::vector<std::string> text_to_list(std::string_view text) {
    std::vector<std::string> items;
    std::string item;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') {
            items.push_back(std::exchange(item, {}));
        } else if (text[i] == '\\' && i + 1 < text.size()) {
            item += text[++i] == 'n' ? '\n' : text[i];
        } else {
            item += text[i];
        }
    }
    if (!item.empty()) items.push_back(std::move(item));
    return items;
}

std::optional<std::string> text_if_there(Statement& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return row.text(column);
}

std::optional<std::int64_t> integer_if_there(Statement& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return row.integer(column);
}

std::string_view to_text(AccountStatus status) { return word(k_account, status); }
std::string_view to_text(OrderStatus status) { return word(k_order, status); }
std::string_view to_text(AuthorizationStatus status) { return word(k_authorization, status); }
std::string_view to_text(ChallengeStatus status) { return word(k_challenge, status); }
AccountStatus account_status(std::string_view text) { return value(k_account, text); }
OrderStatus order_status(std::string_view text) { return value(k_order, text); }
AuthorizationStatus authorization_status(std::string_view text) { return value(k_authorization, text); }
ChallengeStatus challenge_status(std::string_view text) { return value(k_challenge, text); }

x509::Identifier read_identifier(std::string_view type, const std::string& value) {
    using x509::Identifier;
    if (type == x509::type_name(Identifier::Type::dns)) return Identifier::dns(value);
    if (type == x509::type_name(Identifier::Type::ip)) return Identifier::ip(value);
    if (type == x509::type_name(Identifier::Type::uri)) return Identifier::uri(value);
    if (type == x509::type_name(Identifier::Type::email)) return Identifier::email(value);
    throw Error{Kind::corrupt, "the database holds the unknown identifier type '" + std::string(type) + "'",
                "restore the store from a backup"};
}

CertificateRecord read_certificate_columns(Statement& row, int first) {
    CertificateRecord record{};
    record.serial = row.text(first);
    record.issuer_id = row.text(first + 1);
    record.authority = row.text(first + 2);
    record.profile = row.text(first + 3);
    record.subject = row.text(first + 4);
    record.names = text_to_list(row.text(first + 5));
    record.not_before = row.integer(first + 6);
    record.not_after = row.integer(first + 7);
    record.source = row.text(first + 8);
    record.account = text_if_there(row, first + 9);
    record.fingerprint = row.text(first + 10);
    record.key_type = row.text(first + 11);
    record.issued_at = row.integer(first + 12);
    record.revoked_at = integer_if_there(row, first + 13);
    if (!row.is_null(first + 14)) record.revocation_reason = static_cast<int>(row.integer(first + 14));
    return record;
}

}  // namespace signet::store
