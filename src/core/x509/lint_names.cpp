#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "x509/identifier_forms.h"
#include "x509/lint.h"
#include "x509/punycode.h"

namespace signet::x509 {
namespace {

constexpr char k_rename[] = "have it issued again with names in their proper form";
constexpr char k_resubject[] = "have it issued again with a subject of RFC 5280 appendix A.1";
constexpr char k_smtp_utf8_mailbox[] = "1.3.6.1.5.5.7.8.9";
constexpr char k_email_address[] = "1.2.840.113549.1.9.1";

using NameKind = GeneralName::Kind;

struct Bound {
    const char* oid;
    const char* name;
    std::size_t most;
};
constexpr Bound k_bounds[] = {{"2.5.4.3", "CN", 64},  {"2.5.4.10", "O", 64}, {"2.5.4.11", "OU", 64},
                              {"2.5.4.8", "ST", 128}, {"2.5.4.7", "L", 128}, {"2.5.4.5", "serialNumber", 64},
                              {"2.5.4.6", "C", 2}};

bool serves(const Certificate& certificate) {
    const auto* usages = certificate.extended_key_usage();
    return usages != nullptr && std::find(usages->begin(), usages->end(), k_server_auth) != usages->end();
}

std::string san_missing(const Certificate& certificate, Role) {
    return !certificate.is_ca() && serves(certificate) && !certificate.has_san()
               ? "a server's certificate without alternative names: nobody looks at its CN"
               : "";
}

std::string san_critical_needlessly(const Certificate& certificate, Role) {
    const auto* extension = certificate.find_extension("2.5.29.17");
    return extension != nullptr && extension->critical && !certificate.subject().empty()
               ? "the alternative names are critical beside a subject"
               : "";
}

std::string san_twice(const Certificate& certificate, Role) {
    std::set<std::string> seen;
    for (const Identifier& name : certificate.names())
        if (!seen.insert(name.text()).second) return "the name " + name.text() + " stands there twice";
    return "";
}

std::string cn_elsewhere(const Certificate& certificate, Role) {
    const auto cn = certificate.subject().common_name();
    if (certificate.is_ca() || !cn || !serves(certificate) || !certificate.has_san()) return "";
    const bool repeated = std::any_of(certificate.names().begin(), certificate.names().end(),
                                      [&](const Identifier& name) { return base::iequals(name.text(), *cn); });
    return repeated ? "" : "the CN \"" + base::printable(*cn) + "\" is none of its alternative names";
}

std::string subject_bounds(const Certificate& certificate, Role) {
    for (const auto& attribute : certificate.subject().attributes()) {
        const auto bound = std::find_if(std::begin(k_bounds), std::end(k_bounds),
                                        [&](const Bound& row) { return attribute.oid == row.oid; });
        const auto points = punycode::from_utf8(attribute.value);
        if (bound == std::end(k_bounds) || !points || points->size() <= bound->most) continue;
        return std::string(bound->name) + " has " + std::to_string(points->size()) + " characters, " +
               std::to_string(bound->most) + " at most are allowed";
    }
    return "";
}

std::string subject_empty_value(const Certificate& certificate, Role) {
    for (const auto& attribute : certificate.subject().attributes())
        if (base::trim(attribute.value).empty()) return "a part of the subject is empty";
    return "";
}

std::string country(const Certificate& certificate, Role) {
    for (const auto& attribute : certificate.subject().attributes()) {
        const auto& value = attribute.value;
        const bool code =
            value.size() == 2 && std::all_of(value.begin(), value.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
        if (attribute.oid == "2.5.4.6" && !code) return "\"" + base::printable(value) + "\" is no country code";
    }
    return "";
}

std::string subject_email(const Certificate& certificate, Role) {
    const auto& attributes = certificate.subject().attributes();
    return std::any_of(attributes.begin(), attributes.end(), [](const auto& a) { return a.oid == k_email_address; })
               ? "an e-mail address in the subject"
               : "";
}

/// Types of old that RFC 5280 left to old certificates.
std::string subject_strings(const Certificate& certificate, Role) {
    der::Reader outer(certificate.subject().der());
    for (der::Reader rdns = outer.sequence("name"); !rdns.at_end();) {
        for (der::Reader set = rdns.enter(der::k_set, "name"); !set.at_end();) {
            der::Reader pair = set.sequence("name");
            const std::string oid = pair.oid("name");
            const std::uint8_t tag = pair.any("name").tag;
            if (tag == der::k_teletex_string || tag == der::k_bmp_string || tag == der::k_universal_string)
                return "the subject has a string that is neither PrintableString nor UTF8String";
        }
    }
    return "";
}

std::string malformed(const Certificate& certificate, NameKind kind, const char* what) {
    for (const GeneralName& name : certificate.general_names()) {
        if (name.kind != kind || to_identifier(name)) continue;
        return "an alternative name is no " + std::string(what) + ": \"" + base::printable(name.text()) + "\"";
    }
    return "";
}

std::string email_syntax(const Certificate& certificate, Role) {
    return malformed(certificate, NameKind::email, "e-mail address");
}
std::string uri_syntax(const Certificate& certificate, Role) {
    return malformed(certificate, NameKind::uri, "absolute URI");
}

std::string other_kinds(const Certificate& certificate, Role) {
    for (const GeneralName& name : certificate.general_names()) {
        if (name.kind == NameKind::x400 || name.kind == NameKind::edi || name.kind == NameKind::registered_id)
            return "an alternative name of the kind " + std::string(kind_name(name.kind)) + ", which nobody reads";
    }
    return "";
}

/// The value of a SmtpUTF8Mailbox; nullopt for another otherName; empty when it is no UTF8String.
std::optional<std::string> mailbox_of(const GeneralName& name) {
    if (name.kind != NameKind::other) return std::nullopt;
    try {
        der::Reader fields(name.value);
        if (fields.oid("otherName") != k_smtp_utf8_mailbox) return std::nullopt;
        der::Reader wrapped = fields.enter(der::context_constructed(0), "otherName");
        return base::to_text(wrapped.read(der::k_utf8_string, "SmtpUTF8Mailbox").contents);
    } catch (const base::Error&) {
        return std::string();
    }
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

template <class Judge>
std::string each_mailbox(const Certificate& certificate, const Judge& judge) {
    for (const GeneralName& name : certificate.general_names()) {
        if (const auto mailbox = mailbox_of(name)) {
            const std::size_t at = mailbox->rfind('@');
            const bool formed = at != std::string::npos && at != 0 && at + 1 != mailbox->size();
            const std::string local = formed ? mailbox->substr(0, at) : "";
            const std::string domain = formed ? mailbox->substr(at + 1) : "";
            if (std::string fault = judge(*mailbox, local, domain); !fault.empty()) return fault;
        }
    }
    return "";
}

std::string mailbox_form(const Certificate& certificate, Role) {
    return each_mailbox(certificate, [](const std::string& whole, const std::string& local, const std::string&) {
        if (local.empty() || !punycode::from_utf8(whole)) return "a SmtpUTF8Mailbox is no mailbox in UTF-8";
        return whole.starts_with("\xef\xbb\xbf") ? "a SmtpUTF8Mailbox begins with a byte order mark" : "";
    });
}

std::string mailbox_ascii(const Certificate& certificate, Role) {
    return each_mailbox(certificate, [](const std::string&, const std::string& local, const std::string&) {
        return !local.empty() && is_ascii(local)
                   ? "a SmtpUTF8Mailbox with a local part that is ASCII: rfc822Name is for it"
                   : "";
    });
}

std::string mailbox_domain(const Certificate& certificate, Role) {
    return each_mailbox(certificate, [](const std::string&, const std::string&, const std::string& domain) {
        return is_ascii(domain) ? "" : "the domain of a SmtpUTF8Mailbox has U-labels, which RFC 9598 has as A-labels";
    });
}

constexpr LintRule k_name_rules[] = {
    {"san-missing", Severity::error, "RFC 9525 section 2, CA/B BR section 7.1.2.7.12",
     "have it issued again with its names as alternative names", san_missing},
    {"san-critical-needlessly", Severity::notice, "RFC 5280 section 4.2.1.6", k_rename, san_critical_needlessly},
    {"san-duplicate", Severity::notice, "RFC 5280 section 4.2.1.6", k_rename, san_twice},
    {"cn-not-in-san", Severity::warning, "CA/B BR section 7.1.4.3", "leave the CN out, or repeat it as a name",
     cn_elsewhere},
    {"subject-length", Severity::error, "RFC 5280 appendix A.1", k_resubject, subject_bounds},
    {"subject-empty-value", Severity::error, "RFC 5280 appendix A.1", k_resubject, subject_empty_value},
    {"country-code", Severity::warning, "RFC 5280 appendix A.1", "use two capital letters of ISO 3166", country},
    {"subject-email", Severity::warning, "RFC 5280 section 4.1.2.6", "put the address among the alternative names",
     subject_email},
    {"subject-string-type", Severity::warning, "RFC 5280 section 4.1.2.4", k_resubject, subject_strings},
    {"email-syntax", Severity::error, "RFC 5280 section 4.2.1.6, RFC 8399 section 2", k_rename, email_syntax},
    {"uri-syntax", Severity::error, "RFC 5280 section 4.2.1.6", k_rename, uri_syntax},
    {"name-kind", Severity::notice, "RFC 5280 section 4.2.1.6", "use DNS names, addresses, URIs or e-mail addresses",
     other_kinds},
    {"smtp-utf8-form", Severity::error, "RFC 8398 section 3", k_rename, mailbox_form},
    {"smtp-utf8-ascii", Severity::error, "RFC 8398 section 3", "use rfc822Name", mailbox_ascii},
    {"smtp-utf8-domain", Severity::warning, "RFC 9598 section 3", "write the domain with A-labels", mailbox_domain},
};

}  // namespace

std::span<const LintRule> name_lint_rules() { return k_name_rules; }

}  // namespace signet::x509
