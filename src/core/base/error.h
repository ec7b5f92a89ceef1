#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace signet::base {

/// What went wrong, in terms that both edges can translate: cli/exit_code.cpp
/// (exit status) and acme/problem.cpp (problem type, HTTP status). Each is one
/// switch without default, so a new kind does not compile until both answer it.
enum class Kind {
    usage,         // wrong words on the command line
    bad_input,     // a file, setting or value that cannot be used
    not_found,     // what was named does not exist
    exists,        // what was to be made is there already
    permission,    // file permissions: too narrow to work, or too wide to be safe
    disk,          // a read, write or sync failed; no space left
    environment,   // port in use, missing program, a limit of this machine
    store_busy,    // a lock or the database stayed taken until the deadline
    corrupt,       // a file of the store does not hold what it must
    refused,       // policy says no
    ca_not_valid,  // the CA's own certificate has expired, or does not hold yet
    rejected_identifier,
    bad_csr,
    bad_public_key,
    bad_signature_algorithm,
    unauthorized,
    account_does_not_exist,
    unsupported_identifier,
    invalid_contact,
    unsupported_contact,
    user_action_required,
    order_not_ready,
    already_revoked,
    already_replaced,
    invalid_profile,
    bad_revocation_reason,
    malformed,
    bad_nonce,
    rate_limited,
    external_account_required,
    caa,
    dns,
    connection,
    tls,
    incorrect_response,
    remote_problem,  // the other side answered with an error of its own
    timeout,
    internal,  // a bug of ours
};

/// "rejected_identifier" and so on: the enumerator's own spelling, as `--json` prints it.
std::string_view kind_name(Kind kind);

/// One of several reasons inside an Error: a subproblem (RFC 8555 section 6.7.1), a bullet on the terminal.
struct ErrorPart {
    std::string identifier;  // what it is about: a name, a file; may be empty
    Kind kind;
    std::string message;
    std::string remedy = {};  // the nearest change that would permit it, where one is known
    std::string sent = {};    // the identifier as a request had it (JSON), where `identifier` cannot tell
};

/// The one exception of signet. Messages are lower case, without a final
/// period, and name the input; the hint is an imperative that says what to do
/// next. Nothing secret goes into either.
class Error : public std::exception {
public:
    Error(Kind kind, std::string message, std::string hint = {}, std::vector<ErrorPart> parts = {});

    Kind kind() const noexcept { return kind_; }
    const std::string& message() const noexcept { return message_; }
    const std::string& hint() const noexcept { return hint_; }
    const std::string& where() const noexcept { return where_; }
    const std::vector<ErrorPart>& parts() const noexcept { return parts_; }
    const char* what() const noexcept override { return message_.c_str(); }

    /// The same error with the place where it came up ("reading signet.toml, line 4"); the innermost place wins.
    Error with(std::string where) const;

private:
    Kind kind_;
    std::string message_;
    std::string hint_;
    std::string where_;
    std::vector<ErrorPart> parts_;
};

}  // namespace signet::base
