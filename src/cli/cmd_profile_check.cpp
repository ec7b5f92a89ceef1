#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "ca/issuer.h"
#include "ca/policy.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/enrolment.h"
#include "cli/exit_code.h"
#include "cli/options.h"
#include "cli/request_words.h"
#include "store/store.h"

namespace signet::cli {
namespace {

/// What is asked, apart from the profile that answers.
struct Question {
    std::vector<x509::Identifier> names;
    crypto::PublicKey key;
    const RequestWords& words;
};

ca::IssuanceRequest request_for(const ca::Profile& profile, const Question& question) {
    const RequestWords& words = question.words;
    ca::IssuanceRequest request{.profile = profile,
                                .names = question.names,
                                .public_key = question.key,
                                .validity = words.validity,
                                .common_name = words.common_name,
                                .organization = words.organization,
                                .unit = words.unit,
                                .requester = ca::Operator{"uid " + std::to_string(::getuid())}};
    if (words.client) request.server = false;
    if (words.server) request.client = false;
    return request;
}

/// The CA by its certificates alone: no key is needed to know what it would do.
struct Judge {
    const Context& context;
    const store::Layout layout;
    const Settings& settings;
    const std::optional<store::CompromisedKey> compromised;  // the key that is asked about
    crypto::WeakKeyList& weak_keys;

    ca::AuthorityFiles authority(const ca::Profile& profile) const {
        return ca::read_authority_files(layout, profile.ca);
    }
    ca::Decision decide(const ca::Profile& profile, const Question& question) const {
        const ca::AuthorityFiles files = authority(profile);
        const ca::IssuerFacts facts{files.signer(), files.above_leaf(), settings.server.public_http_url,
                                    profile.ca,     &weak_keys,         compromised};
        return ca::decide(request_for(profile, question), facts, context.seams.clock.now());
    }
};

crypto::PublicKey key_of(const RequestWords& words, const ca::Profile& profile,
                         const std::optional<x509::CertificateRequest>& csr) {
    if (csr) return csr->public_key;
    return crypto::PrivateKey::generate(words.key_type.value_or(profile.usual_key_type())).public_key();
}

/// Other profiles that would sign it, of the same CA or another.
std::vector<std::string> permitted_by(const Judge& judge, const ca::Profile& asked, const Question& question) {
    std::vector<std::string> names;
    for (const auto& [name, profile] : judge.settings.profiles) {
        if (name == asked.name) continue;
        try {
            if (judge.decide(profile, question).ok()) names.push_back(name);
        } catch (const base::Error&) {
            // a profile whose CA is not there permits nothing
        }
    }
    return names;
}

std::vector<std::string> texts_of(const std::vector<x509::Identifier>& names) {
    std::vector<std::string> texts;
    for (const auto& name : names) texts.push_back(name.text());
    return texts;
}

std::vector<std::string> usage_of(const x509::Template& content) {
    std::vector<std::string> usage;
    for (const auto& oid : content.extended_key_usage) {
        if (oid == x509::k_server_auth) usage.emplace_back("server");
        if (oid == x509::k_client_auth) usage.emplace_back("client");
    }
    return usage;
}

base::Json certificate_of(const x509::Template& content) {
    base::Json json;
    json["subject"] = content.subject.text();
    json["names"] = texts_of(content.names);
    json["key_type"] = content.public_key->describe();
    json["not_before"] = base::format_time(content.not_before);
    json["not_after"] = base::format_time(content.not_after);
    json["usage"] = usage_of(content);
    json["policies"] = content.policies;
    json["must_staple"] = content.must_staple;
    json["no_revocation_available"] = content.no_revocation_available;
    return json;
}

base::Json answer_json(const ca::Profile& profile, const ca::Decision& decision,
                       const std::vector<std::string>& others) {
    base::Json json;
    json["permitted"] = decision.ok();
    json["profile"] = profile.name;
    json["ca"] = profile.ca;
    json["certificate"] = decision.ok() ? certificate_of(decision.approved->content()) : base::Json(nullptr);
    json["refusals"] = base::Json::array();
    for (const auto& part : decision.refusals)
        json["refusals"].push_back({{"identifier", part.identifier},
                                    {"kind", base::kind_name(part.kind)},
                                    {"message", part.message},
                                    {"remedy", part.remedy}});
    json["notes"] = decision.notes;
    json["permitted_by"] = others;
    return json;
}

void print_permitted(Output& out, const ca::Profile& profile, const ca::Decision& decision, base::Time now) {
    const x509::Template& content = decision.approved->content();
    out.line("would be signed under profile " + profile.name);
    out.facts({{"CA", profile.ca},
               {"subject", content.subject.text()},
               {"names", base::join(texts_of(content.names), ", ")},
               {"key", content.public_key->describe()},
               {"valid until",
                base::format_time(content.not_after) + " (" + base::describe_duration(content.not_after - now) + ")"},
               {"usage", base::join(usage_of(content), ", ")},
               {"policies", base::join(content.policies, ", ")},
               {"revocation", content.no_revocation_available ? "none (noRevAvail)" : ""},
               {"note", base::join(decision.notes, "; ")}});
}

void print_refused(Output& out, const ca::Profile& profile, const ca::Decision& decision,
                   const std::vector<std::string>& others) {
    out.line("profile " + profile.name + " refuses it:");
    for (const auto& part : decision.refusals) {
        out.line("  - " + part.message);
        if (!part.remedy.empty()) out.line("    try: " + part.remedy);
    }
    if (!others.empty()) out.line("permitted by profile " + base::join(others, ", "));
}

int run(Context& context, const RequestWords& words) {
    const auto csr = read_request(words.csr);
    const Settings settings = context.settings();
    ca::Profile profile = ca::find_profile(
        settings.profiles, words.profile ? *words.profile : settings.default_profile.value_or("default"));
    if (words.ca) profile.ca = *words.ca;
    const Question question{names_that_count(words.names, csr), key_of(words, profile, csr), words};
    const auto store = store::Store::open(context.store());
    const auto compromised = store->query(
        [&](store::Transaction& transaction) { return store::find_compromised_key(transaction, question.key); });
    crypto::WeakKeyList weak_keys(ca::weak_key_files(store->layout()));
    const Judge judge{context, store->layout(), settings, compromised, weak_keys};
    const ca::Decision decision = judge.decide(profile, question);
    const auto others = decision.ok() ? std::vector<std::string>{} : permitted_by(judge, profile, question);
    if (context.out.json())
        context.out.document(answer_json(profile, decision, others));
    else if (decision.ok())
        print_permitted(context.out, profile, decision, context.seams.clock.now());
    else
        print_refused(context.out, profile, decision, others);
    return decision.ok() ? k_exit_done : k_exit_refused;
}

Options options_of(RequestWords& words) {
    Options options;
    add_request_options(options, words);
    return options;
}

}  // namespace

Command profile_check_command() {
    auto words = std::make_shared<RequestWords>();
    Command command{
        .name = "profile check",
        .summary = "say whether a profile permits a request, and why not",
        .description =
            "Asks the very rules that `issue` and the ACME server ask, and signs nothing: for a request that is "
            "permitted it prints what would be signed, else each rule that refuses it with the nearest change that "
            "would permit it, and the other profiles that would sign it as it is. No key of the CA is read. What an "
            "ACME account must prove, or a token narrows, comes on top.\n\n"
            "With --json: permitted, profile, ca, certificate (subject, names[], key_type, not_before, not_after, "
            "usage[], policies[], must_staple, no_revocation_available; null when refused), refusals[] (identifier, "
            "kind, message, remedy), notes[] and permitted_by[].",
        .options = options_of(*words),
        .examples = {{"signet profile check db.internal --validity 90d", "would `issue` sign this?"},
                     {"signet profile check --csr router.csr --profile server", "what becomes of a request"},
                     {"signet profile check spiffe://mesh.internal/worker --profile svid", ""}},
        .exit_codes = {{k_exit_done, "it would be signed"},
                       {k_exit_refused, "it is refused, or there is no such profile"},
                       {k_exit_usage, "wrong usage, or a request that cannot be read"},
                       {k_exit_environment, "no store, or no such CA"}},
        .see_also = {"profile show", "issue"},
        .run = [words](Context& context) { return run(context, *words); }};
    add_name_argument(command, words->names, false);
    return command;
}

}  // namespace signet::cli
