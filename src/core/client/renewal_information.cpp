#include "client/renewal_information.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/digest.h"

namespace signet::client {
namespace {

constexpr std::chrono::milliseconds k_timeout = std::chrono::seconds(5);
constexpr std::size_t k_answer_limit = 16 << 10;
constexpr base::Duration k_ask_again = std::chrono::hours(6);
constexpr base::Duration k_ask_soonest = std::chrono::minutes(1);
constexpr base::Duration k_ask_latest = std::chrono::days(1);
constexpr std::int64_t k_seconds_limit = 1'000'000;  // beyond any of the above, and no overflow
constexpr std::string_view k_what = "the renewal information";

base::Duration until_next_question(const net::Response& response, base::Time now) {
    const auto* value = net::find_header(response.headers, "Retry-After");
    const auto seconds = value == nullptr ? std::nullopt : net::parse_retry_after(*value, base::to_unix(now));
    if (!seconds) return k_ask_again;
    return std::clamp<base::Duration>(std::chrono::seconds(std::min(*seconds, k_seconds_limit)), k_ask_soonest,
                                      k_ask_latest);
}

}  // namespace

RenewalWindow parse_renewal_window(const base::Json& json) {
    if (!json.is_object() || !json.contains("suggestedWindow")) {
        throw base::Error(base::Kind::malformed, std::string(k_what) + ": suggestedWindow is missing");
    }
    const auto& window = json["suggestedWindow"];
    RenewalWindow result{base::parse_time(base::json_string(window, "start", k_what), k_what),
                         base::parse_time(base::json_string(window, "end", k_what), k_what),
                         base::json_string_if_there(json, "explanationURL", k_what).value_or("")};
    if (result.end <= result.start) {
        throw base::Error(base::Kind::malformed, std::string(k_what) + ": the window ends before it starts");
    }
    return result;
}

base::Time renewal_time(const RenewalWindow& window, const x509::Certificate& certificate) {
    const auto digest = crypto::sha256(certificate.der());
    const double fraction = (digest[0] * 256.0 + digest[1]) / 65536.0;
    const auto width = static_cast<double>((window.end - window.start).count());
    return window.start + base::Duration(static_cast<base::Duration::rep>(width * fraction));
}

std::optional<RenewalAdvice> ask_renewal_window(net::Transport& transport, const std::string& renewal_info,
                                                const x509::Certificate& certificate, base::Time now) {
    const auto id = certificate_id(certificate);
    if (renewal_info.empty() || !id) return std::nullopt;
    try {
        net::OutboundRequest request;
        request.url = renewal_info + (renewal_info.ends_with('/') ? "" : "/") + *id;
        request.timeout = k_timeout;
        request.body_limit = k_answer_limit;
        const auto response = transport.send(request);
        if (response.status != 200) return std::nullopt;
        return RenewalAdvice{parse_renewal_window(base::parse_json(response.body, k_what)),
                             now + until_next_question(response, now)};
    } catch (const base::Error& error) {
        base::log(base::Level::info, "no renewal information", {{"reason", base::printable(error.message())}});
        return std::nullopt;
    }
}

}  // namespace signet::client
