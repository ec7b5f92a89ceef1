#include "cli/enrolment.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/input_file.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;
using x509::Identifier;

constexpr std::size_t k_request_limit = 1 << 20;

void add_name(std::vector<Identifier>& names, Identifier name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

}  // namespace

std::vector<Identifier> parse_names(const NameWords& words) {
    std::vector<Identifier> names;
    for (const auto& text : words.names) add_name(names, Identifier::parse(text));
    for (const auto& text : words.dns) add_name(names, Identifier::dns(text));
    for (const auto& text : words.ip) add_name(names, Identifier::ip(text));
    for (const auto& text : words.uri) add_name(names, Identifier::uri(text));
    for (const auto& text : words.email) add_name(names, Identifier::email(text));
    return names;
}

deliver::FileAccess parse_access(const OwnershipWords& words) {
    deliver::FileAccess access;
    if (words.owner) access.owner = deliver::parse_owner(*words.owner);
    if (words.group) access.group = deliver::parse_group(*words.group);
    if (words.key_mode) access.key_mode = deliver::parse_mode(*words.key_mode);
    return access;
}

std::optional<x509::CertificateRequest> read_request(const std::optional<base::Path>& file) {
    if (!file) return std::nullopt;
    return x509::CertificateRequest::from_file_contents(read_input(*file, k_request_limit), file->string());
}

std::vector<Identifier> names_that_count(const NameWords& words,
                                         const std::optional<x509::CertificateRequest>& request) {
    auto names = parse_names(words);
    if (!names.empty()) return names;
    if (!request) {
        throw Error(Kind::usage, "no name was given",
                    "name what the certificate is for: a DNS name, an IP address, a URI or an e-mail address");
    }
    if (!request->other_names.empty()) {
        throw Error(Kind::refused,
                    "the request asks for names that cannot be issued: " + base::join(request->other_names, ", "),
                    "give the names on the command line: those of the request are ignored then");
    }
    for (const auto& name : request->names) add_name(names, name);
    if (names.empty()) {
        throw Error(Kind::usage, "the request has no subject alternative names", "give the names on the command line");
    }
    return names;
}

namespace {

Option format_option(std::vector<std::string>& target) {
    Option option{.name = "format",
                  .label = "FORMAT,...",
                  .text = "what to write",
                  .target = &target,
                  .comma_separated = true,
                  .default_text = "pem"};
    std::string texts;
    for (const auto& format : deliver::formats()) {
        option.values.emplace_back(format.name);
        texts += (texts.empty() ? ": " : "; ") + std::string(format.name) + " is " + std::string(format.text);
    }
    option.text += texts;
    return option;
}

}  // namespace

void add_format_options(Options& options, FormatWords& words) {
    options.push_back(format_option(words.formats));
    options.push_back({.name = "p12-password-file",
                       .label = "FILE",
                       .text = "first line: the password of tls.p12; read again at each renewal",
                       .target = &words.p12_password_file,
                       .complete = Complete::file});
    options.push_back({.name = "p12-legacy",
                       .text = "encrypt tls.p12 by 3DES and SHA-1, for readers of before 2020",
                       .target = &words.p12_legacy});
    options.push_back({.name = "k8s-name",
                       .label = "N",
                       .text = "name of the Secret",
                       .target = &words.k8s_name,
                       .default_text = "the first name, its dots kept"});
    options.push_back({.name = "k8s-namespace",
                       .label = "N",
                       .text = "namespace of the Secret",
                       .target = &words.k8s_namespace,
                       .default_text = "none: where it is applied"});
}

deliver::FormatOptions parse_format_options(const FormatWords& words) {
    const auto require = [&](bool given, const char* option, const char* format) {
        if (given && std::ranges::find(words.formats, format) == words.formats.end())
            throw Error(Kind::usage, std::string(option) + " is for --format " + format,
                        std::string("add --format ") + format + ", or leave it out");
    };
    require(words.p12_password_file.has_value(), "--p12-password-file", "p12");
    require(words.p12_legacy, "--p12-legacy", "p12");
    require(!words.k8s_name.empty(), "--k8s-name", "k8s");
    require(!words.k8s_namespace.empty(), "--k8s-namespace", "k8s");
    deliver::FormatOptions options{{}, words.p12_legacy, words.k8s_name, words.k8s_namespace};
    if (words.p12_password_file) options.p12_password_file = std::filesystem::absolute(*words.p12_password_file);
    return options;
}

Option csr_option(std::optional<base::Path>& target) {
    return {.name = "csr",
            .label = "FILE",
            .text = "a PKCS#10 request, PEM or DER, instead of a new key",
            .target = &target,
            .complete = Complete::file};
}

base::Path canonical_directory(const base::Path& directory) {
    std::error_code error;
    auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(directory), error);
    if (error) base::throw_errno(error.value(), "reach", directory);
    if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();  // "DIR/"
    return path;
}

void check_writable(const base::Path& directory) {
    auto existing = directory;
    std::error_code ignored;
    while (!std::filesystem::exists(existing, ignored) && existing.has_relative_path())
        existing = existing.parent_path();
    const auto facts = base::file_facts(existing);
    if (facts && !facts->directory) {
        throw Error(Kind::exists, existing.string() + " is no directory", "choose another one with --out");
    }
    if (::access(existing.c_str(), W_OK | X_OK) != 0) base::throw_errno(errno, "write into", existing);
}

std::vector<base::Path> files_in(const base::Path& directory) {
    std::vector<base::Path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        const auto name = entry.path().filename().string();
        if (name == "ca.crt" || name == "secret.yaml" || name.starts_with("tls.")) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

base::Json fetched_json(const x509::Certificate& leaf, const client::RenewalRecord& record, base::Time now) {
    auto json = certificate_json(leaf, now);
    json["source"] = "acme";
    json["ca"] = leaf.issuer().common_name().value_or(leaf.issuer().text());
    const auto& profile = record.issued_profile.empty() ? record.profile : record.issued_profile;
    if (!profile.empty()) json["profile"] = profile;
    if (!record.account.empty()) json["account"] = record.account;
    return json;
}

void add_files(base::Json& json, const base::Path& directory, const std::vector<base::Path>& files, bool changed,
               const std::vector<std::string>& notes) {
    json["dir"] = directory.string();
    auto& by_name = json["files"] = base::Json::object();
    for (const auto& file : files) by_name[file.filename().string()] = file.string();
    json["changed"] = changed;
    if (!notes.empty()) json["note"] = base::join(notes, "; ");
}

std::string done_text(const x509::Certificate& leaf) {
    return "done, valid until " + base::format_time(leaf.not_after());
}

bool tell_service(Context& context, const base::Path& directory, const x509::Certificate& leaf,
                  const client::Activation& own, client::ActivationLock held, client::SignalsSent& sent) {
    const auto result = client::activate(directory, leaf, own, std::move(held), sent);
    if (!result) return true;
    if (result->ok) {
        context.out.progress("told the service of " + directory.string());
    } else {
        context.out.warning(directory.string() + ": the files are in place, but " + result->message +
                            "; the next run tries again");
    }
    return result->ok;
}

}  // namespace signet::cli
