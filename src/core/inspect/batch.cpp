#include "inspect/batch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "inspect/verify.h"
#include "x509/pem.h"

namespace signet::inspect {
namespace {

using base::Error;
using base::Json;
using base::Kind;

constexpr base::JsonLimits k_limits{.depth = 8, .size = 24 << 20, .members = 64, .values = 50'000};
constexpr std::size_t k_most_pem = 4 << 20;   // of certificates in one line: decoded they take twenty times as much
constexpr std::size_t k_most_kept = 2 << 20;  // of PEM whose certificates are kept
constexpr char k_what[] = "line";

using Certificates = std::vector<x509::Certificate>;

[[noreturn]] void refuse(const std::string& why) { throw Error{Kind::malformed, why}; }

std::optional<std::string> text(const Json& line, const char* member) {
    const auto found = line.find(member);
    if (found == line.end() || found->is_null()) return std::nullopt;
    return base::json_string(line, member, k_what);
}

std::vector<x509::Identifier> identities(const Json& line) {
    using x509::Identifier;
    std::vector<Identifier> out;
    const auto add = [&](const char* member, Identifier (*read)(std::string_view)) {
        if (const auto value = text(line, member)) out.push_back(read(*value));
    };
    add("hostname", Identifier::dns);
    add("ip", Identifier::ip);
    add("uri", Identifier::uri);
    add("email", Identifier::email);
    return out;
}

x509::Purpose purpose(const Json& line) {
    const auto word = text(line, "purpose");
    if (!word) return text(line, "hostname") ? x509::Purpose::server : x509::Purpose::any;
    for (const auto known : {x509::Purpose::any, x509::Purpose::server, x509::Purpose::client})
        if (*word == purpose_name(known)) return known;
    refuse("purpose \"" + base::printable(*word) + "\" is none of server, client and any");
}

/// The strings of an array, where they stand. Absent: none.
template <class Use>
void for_each_text(const Json& line, const char* member, const Use& use) {
    const auto found = line.find(member);
    if (found == line.end() || found->is_null()) return;
    const auto is_text = [](const Json& one) { return one.is_string(); };
    if (!found->is_array() || !std::all_of(found->begin(), found->end(), is_text))
        refuse("\"" + std::string(member) + "\" must be an array of strings");
    for (const Json& one : *found) use(one.get_ref<const std::string&>());
}

std::optional<int> max_depth(const Json& line) {
    const auto found = line.find("max_depth");
    if (found == line.end() || found->is_null()) return std::nullopt;
    const auto number = base::json_int_if_there(line, "max_depth", k_what);
    if (*number < 0) refuse("max_depth is negative");
    return static_cast<int>(std::min<std::int64_t>(*number, 1000));
}

std::vector<x509::Crl> crls(const Json& line) {
    std::vector<x509::Crl> out;
    for_each_text(line, "crls", [&](const std::string& pem) {
        for (x509::Crl& crl : x509::parse_crl_file(pem, "crls")) out.push_back(std::move(crl));
    });
    return out;
}

}  // namespace

struct BatchVerifier::State {
    base::Time now;
    x509::SignatureMemory signatures = {};
    std::unordered_map<std::string, Certificates> decoded = {};  // what stood in PEM texts that came before
    std::size_t decoded_size = 0;

    const Certificates& certificates(const std::string& pem, std::string_view what) {
        const auto known = decoded.find(pem);
        if (known != decoded.end()) return known->second;
        if (decoded_size + pem.size() > k_most_kept) {
            decoded.clear();
            decoded_size = 0;
        }
        decoded_size += pem.size();
        return decoded.emplace(pem, x509::parse_certificates(pem, what)).first->second;
    }

    void add(const Json& line, const char* member, Certificates& out) {
        for_each_text(line, member, [&](const std::string& pem) {
            // Copied at once: the next one may make room for itself.
            const Certificates& found = certificates(pem, member);
            out.insert(out.end(), found.begin(), found.end());
        });
    }

    static void check_size(const Json& line) {
        std::size_t size = 0;
        for (const char* member : {"roots", "intermediates"})
            for_each_text(line, member, [&](const std::string& pem) { size += pem.size(); });
        if (size > k_most_pem)
            refuse("roots and intermediates are larger than " + std::to_string(k_most_pem) + " bytes");
    }

    VerifyRequest request(const Json& line) {
        check_size(line);
        VerifyRequest out;
        out.presented = x509::parse_certificates(base::json_string(line, "leaf", k_what), "leaf");
        add(line, "roots", out.anchors);
        add(line, "intermediates", out.intermediates);
        out.identities = identities(line);
        out.purpose = purpose(line);
        const auto at = text(line, "at");
        out.at = at ? base::parse_time(*at, "at") : now;
        out.max_depth = max_depth(line);
        out.crls = crls(line);
        out.signatures = &signatures;
        out.brief = true;
        return out;
    }
};

BatchVerifier::BatchVerifier(base::Time now) : state_(std::make_unique<State>(State{now})) {}
BatchVerifier::~BatchVerifier() = default;

std::string BatchVerifier::verdict(std::string_view line) {
    Json out{{"id", nullptr}, {"valid", false}, {"reason", ""}};
    try {
        const Json parsed = base::parse_json(line, k_what, k_limits);
        if (!parsed.is_object()) refuse("not an object");
        if (const auto id = parsed.find("id"); id != parsed.end()) out["id"] = *id;
        const VerifyReport report = verify(state_->request(parsed));
        out["valid"] = report.valid();
        if (!report.valid()) out["reason"] = report.findings.front().rule + ": " + report.findings.front().message;
    } catch (const Error& error) {
        out["reason"] = error.message();
    }
    return base::dump_json(out);
}

}  // namespace signet::inspect
