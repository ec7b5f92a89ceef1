#include "acme/challenge_dns01.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "crypto/digest.h"

namespace signet::acme {
namespace {

using base::Error;
using base::Kind;

constexpr std::chrono::minutes k_hook_limit{5};     // the hook waits for name servers to follow
constexpr std::chrono::seconds k_cleanup_limit{5};  // once we are to end, which is ten seconds after a signal
constexpr std::chrono::seconds k_update_limit{15};

std::string record_name(const x509::Identifier& identifier) {
    return "_acme-challenge." + std::string(identifier.base_name());
}

std::string record_value(const std::string& key_authorization) {
    return base::base64url_encode(crypto::sha256(base::bytes_of(key_authorization)));
}

// The last line that it wrote, for the operator who must mend it.
std::string last_words(const base::ProcessResult& result) {
    const auto text = base::trim(base::trim(result.errors).empty() ? result.output : result.errors);
    const auto start = text.rfind('\n');
    return base::printable(start == std::string_view::npos ? text : text.substr(start + 1), 200);
}

// Empty when it went well.
std::string run_hook(const std::string& command, const std::string& verb, const std::string& name,
                     const std::string& value, std::chrono::milliseconds limit, std::stop_token stop) {
    base::ProcessRequest request;
    request.arguments = base::split_command(command);
    if (request.arguments.empty()) return "the DNS hook is empty";
    for (const auto& word : {verb, name, value}) request.arguments.push_back(word);
    request.environment = {{"SIGNET_HOOK_ACTION", verb}, {"SIGNET_HOOK_NAME", name}, {"SIGNET_HOOK_VALUE", value}};
    request.deadline = limit;
    request.stop = std::move(stop);
    const auto result = base::run_process(request);
    const auto what = "the DNS hook's " + verb + " for " + name;
    if (result.stopped) return what + " was interrupted";
    if (result.timed_out) return what + " did not end in time";
    if (result.exit_code == 0) return {};
    const auto words = last_words(result);
    return what + " exited with " + std::to_string(result.exit_code) + (words.empty() ? "" : ": " + words);
}

class HookedAnswer final : public Presented {
public:
    HookedAnswer(const ResponderContext& context, std::string name, std::string value)
        : command_(context.dns_hook), stop_(context.stop), name_(std::move(name)), value_(std::move(value)) {}
    ~HookedAnswer() override {
        std::string failure;
        try {
            const std::chrono::milliseconds limit = stop_.stop_requested() ? k_cleanup_limit : k_hook_limit;
            failure = run_hook(command_, "cleanup", name_, value_, limit, {});
        } catch (const std::exception& error) {
            failure = error.what();
        }
        if (!failure.empty()) base::log(base::Level::warning, "a DNS record was left behind", {{"reason", failure}});
    }
    HookedAnswer(const HookedAnswer&) = delete;
    HookedAnswer& operator=(const HookedAnswer&) = delete;

    void present() const {
        const auto failure = run_hook(command_, "present", name_, value_, k_hook_limit, stop_);
        if (!failure.empty()) throw Error{Kind::environment, failure, "mend the command given with --dns-hook"};
    }

private:
    std::string command_;
    std::stop_token stop_;
    std::string name_, value_;
};

class UpdatedAnswer final : public Presented {
public:
    UpdatedAnswer(const ResponderContext& context, std::string name, std::string value)
        : server_(context.dns_update), clock_(context.clock), name_(std::move(name)), value_(std::move(value)) {
        update(net::DnsUpdateAction::add);
    }
    ~UpdatedAnswer() override {
        try {
            update(net::DnsUpdateAction::remove);
        } catch (const std::exception& error) {
            base::log(base::Level::warning, "a DNS record was left behind", {{"reason", error.what()}});
        }
    }
    UpdatedAnswer(const UpdatedAnswer&) = delete;
    UpdatedAnswer& operator=(const UpdatedAnswer&) = delete;

private:
    void update(net::DnsUpdateAction action) const {
        net::update_text(*server_, action, name_, value_, clock_->now(), k_update_limit);
    }
    std::shared_ptr<const net::DnsUpdateServer> server_;
    const base::Clock* clock_;
    std::string name_, value_;
};

}  // namespace

bool dns01_applies(const x509::Identifier& identifier, bool) {
    return identifier.type() == x509::Identifier::Type::dns;
}

void validate_dns01(const ValidationContext& context, const x509::Identifier& identifier, std::string_view,
                    const std::string& key_authorization) {
    require_dns01_text(context, record_name(identifier), key_authorization);
}

void require_dns01_text(const ValidationContext& context, const std::string& name,
                        const std::string& key_authorization) {
    const auto texts = context.resolver.texts(name);
    if (texts.empty()) throw Error{Kind::incorrect_response, "there is no TXT record at " + name};
    if (std::ranges::find(texts, record_value(key_authorization)) != texts.end()) return;
    const auto count =
        texts.size() == 1 ? "the TXT record" : "none of the " + std::to_string(texts.size()) + " TXT records";
    throw Error{Kind::incorrect_response, std::string(count) + " at " + name +
                                              (texts.size() == 1 ? " does not hold" : " holds") +
                                              " the digest of the key authorization"};
}

std::unique_ptr<Presented> present_dns01(const ResponderContext& context, const x509::Identifier& identifier,
                                         std::string_view token, const std::string& key_authorization) {
    check_token(token);
    if (context.dns_update) {
        return std::make_unique<UpdatedAnswer>(context, record_name(identifier), record_value(key_authorization));
    }
    if (context.dns_hook.empty()) {
        throw Error{Kind::refused, "dns-01 needs a hook that writes the TXT record at " + record_name(identifier)};
    }
    // Made first, so that what a failed hook wrote in part is taken back too.
    auto answer =
        std::make_unique<HookedAnswer>(context, record_name(identifier) + ".", record_value(key_authorization));
    answer->present();
    return answer;
}

}  // namespace signet::acme
