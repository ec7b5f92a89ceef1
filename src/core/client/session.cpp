#include "client/session.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme/problem.h"
#include "base/encoding.h"
#include "base/text.h"
#include "jose/jws.h"

namespace signet::client {
namespace {

using base::Error;
using base::Kind;

// Pebble refuses up to nine nonces of ten when told to; each answer brings a fresh one, so many tries are cheap.
constexpr int k_bad_nonce_limit = 150;
constexpr int k_server_error_limit = 5;  // of one POST; the directory alone is waited for to the end
constexpr std::size_t k_nonces_kept = 16;
constexpr std::size_t k_nonce_length = 512;
constexpr std::chrono::milliseconds k_request_timeout = std::chrono::seconds(30);
constexpr std::chrono::milliseconds k_shortest_timeout{1};
constexpr base::Duration k_last_try = std::chrono::seconds(1);
constexpr base::Duration k_slowest_poll = std::chrono::seconds(10);

constexpr char k_server_hint[] = "check that --server is the URL of an ACME directory";

// A failure that passes by itself when a server starts, restarts or is overloaded. Kind tls is none: who answers with
// a certificate that we do not trust will do so again.
bool passes(Kind kind) { return kind == Kind::connection || kind == Kind::timeout || kind == Kind::dns; }
bool passes(int status) { return status == 429 || status >= 500; }

std::chrono::milliseconds request_timeout(const base::Deadline& deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.left());
    return std::clamp(left, k_shortest_timeout, k_request_timeout);
}

std::optional<base::Duration> retry_after(const net::Response& response, const base::Clock& clock) {
    const auto* value = net::find_header(response.headers, "Retry-After");
    if (value == nullptr) return std::nullopt;
    const auto seconds = net::parse_retry_after(*value, base::to_unix(clock.now()));
    if (!seconds) return std::nullopt;
    return std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, 86400));
}

// Seconds or an HTTP date (RFC 9110 section 10.2.3).
std::string later_text(const std::string& value) {
    const bool seconds = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    return base::printable(value, 40) + (!seconds ? "" : value == "1" ? " second" : " seconds");
}

// Any answer but the one hoped for. What the server calls malformed was written by us, not by the user: no wrong usage.
Error answer_error(const net::Response& response, const std::string& doing) {
    const auto error = acme::from_problem(response, doing);
    const auto kind = error.kind() == Kind::malformed ? Kind::remote_problem : error.kind();
    const auto* later = net::find_header(response.headers, "Retry-After");
    const bool limited = kind == Kind::rate_limited && later != nullptr;
    return {kind, error.message(), limited ? "try again after " + later_text(*later) + " (Retry-After)" : error.hint(),
            error.parts()};
}

}  // namespace

net::Response get_patiently(net::Transport& transport, base::Clock& clock, base::Deadline deadline,
                            net::OutboundRequest request, const Progress& progress) {
    net::Retry retry(clock, deadline.left());
    bool told = false;
    for (;;) {
        std::optional<Error> failure;
        std::optional<base::Duration> wish;
        try {
            request.timeout = request_timeout(deadline);
            auto response = transport.send(request);
            if (!passes(response.status)) return response;
            failure = answer_error(response, "getting " + request.url);
            wish = retry_after(response, clock);
        } catch (const Error& error) {
            if (!passes(error.kind())) throw;
            failure = error;
        }
        if (!told) progress("waiting for the server: " + failure->message());
        told = true;
        if (retry.wait(wish)) continue;
        // The next step of the back-off would be too late: one last try shortly before the end.
        const auto rest = retry.left() - k_last_try;
        if (wish || rest <= base::Duration::zero() || !clock.wait_until(clock.now() + rest, {})) throw Error(*failure);
    }
}

Session::Session(net::Transport& transport, base::Clock& clock, const crypto::PrivateKey& account_key,
                 std::string directory_url, base::Deadline deadline, Progress progress)
    : transport_(transport),
      clock_(clock),
      account_key_(account_key),
      directory_url_(std::move(directory_url)),
      deadline_(deadline),
      progress_(std::move(progress)) {}

const acme::DirectoryMessage& Session::directory() {
    if (directory_) return *directory_;
    const std::string doing = "reading the directory " + directory_url_;
    net::OutboundRequest request;
    request.url = directory_url_;
    request.headers = {{"Accept", "application/json"}};
    const auto response = get_patiently(transport_, clock_, deadline_, request, progress_);
    if (response.status == 404) {
        throw Error(Kind::refused, answer_error(response, doing).message(),
                    "check --server: a signet server has it at https://HOST:PORT/acme/directory, and for a profile at "
                    "/acme/profile/PROFILE/directory");
    }
    if (response.status != 200) throw answer_error(response, doing);
    directory_ = message(response, doing, acme::parse_directory);
    if (directory_->new_nonce.empty() || directory_->new_account.empty() || directory_->new_order.empty()) {
        directory_.reset();
        throw Error(Kind::remote_problem, doing + ": newNonce, newAccount or newOrder is missing", k_server_hint);
    }
    return *directory_;
}

std::string Session::take_nonce() {
    if (nonces_.empty()) {
        net::OutboundRequest request;
        request.method = "HEAD";
        request.url = directory().new_nonce;
        keep_nonce(get_patiently(transport_, clock_, deadline_, request, progress_));
    }
    if (nonces_.empty()) {
        throw Error(Kind::remote_problem, "the server gives no nonce at " + directory().new_nonce, k_server_hint);
    }
    auto nonce = std::move(nonces_.back());
    nonces_.pop_back();
    return nonce;
}

void Session::keep_nonce(const net::Response& response) {
    const auto* nonce = net::find_header(response.headers, "Replay-Nonce");
    if (nonce == nullptr || nonce->empty() || nonce->size() > k_nonce_length) return;
    const bool fit = std::ranges::all_of(*nonce, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
    });  // RFC 8555 section 6.5.1
    if (fit && nonces_.size() < k_nonces_kept) nonces_.push_back(*nonce);
}

net::Response Session::send_signed(const std::string& url, std::string_view payload) {
    jose::JwsHeader header{.url = url, .nonce = take_nonce(), .kid = {}};
    if (!account_url_.empty()) header.kid = account_url_;
    net::OutboundRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/jose+json"}};
    request.body = jose::sign_jws(account_key_, header, payload);
    request.timeout = request_timeout(deadline_);
    has_signed_ = true;
    auto response = transport_.send(request);
    keep_nonce(response);
    return response;
}

net::Response Session::post(const std::string& url, std::string_view payload, const std::string& doing) {
    auto retry = patience();
    int bad_nonces = 0;
    int failures = 0;
    for (;;) {
        std::optional<base::Duration> wish;
        auto outcome = attempt(url, payload, doing);
        if (!outcome.error) return std::move(*outcome.response);
        if (outcome.response) {
            if (acme::problem_type(*outcome.response) == "badNonce" && ++bad_nonces <= k_bad_nonce_limit) {
                nonces_.clear();  // whatever made one bad made the others bad
                keep_nonce(*outcome.response);
                continue;
            }
            if (!passes(outcome.response->status)) throw Error(*outcome.error);
            wish = retry_after(*outcome.response, clock_);
        }
        if (++failures <= k_server_error_limit && retry.wait(wish)) continue;
        if (wish && outcome.error->kind() == Kind::rate_limited) limited_until_ = clock_.now() + *wish;
        throw Error(*outcome.error);
    }
}

// One try. A connection that fails is an outcome here, since it may be tried again; what cannot pass is thrown.
Session::Attempt Session::attempt(const std::string& url, std::string_view payload, const std::string& doing) {
    try {
        auto response = send_signed(url, payload);
        if (response.status >= 200 && response.status < 300) return {std::move(response), std::nullopt};
        auto error = answer_error(response, doing);
        return {std::move(response), std::move(error)};
    } catch (const Error& error) {
        if (!passes(error.kind())) throw;
        return {std::nullopt, error.with(doing)};
    }
}

void Session::read_json(const net::Response& response, const std::string& doing,
                        const std::function<void(const base::Json&)>& use) {
    std::optional<base::Json> json;
    try {
        json = base::parse_json(response.body, "the answer");
    } catch (const Error&) {
        const auto* type = net::find_header(response.headers, "Content-Type");
        throw Error(Kind::remote_problem,
                    doing + ": the answer is no JSON" + (type == nullptr ? "" : " but " + base::printable(*type, 80)),
                    k_server_hint);
    }
    try {
        use(*json);
    } catch (const Error& error) {
        throw Error(Kind::remote_problem, doing + ": " + error.message(), k_server_hint);
    }
}

std::string Session::location(const net::Response& response, const std::string& request_url, const std::string& doing) {
    const auto* location = net::find_header(response.headers, "Location");
    if (location == nullptr) throw Error(Kind::remote_problem, doing + ": the answer has no Location", k_server_hint);
    return net::resolve_url(net::parse_url(request_url), *location).text();
}

net::Retry Session::patience() const { return {clock_, deadline_.left()}; }

std::optional<base::Duration> Session::pace(const net::Response& response) const {
    const auto wish = retry_after(response, clock_);
    return wish ? std::optional(std::min(*wish, k_slowest_poll)) : std::nullopt;
}

void Session::give_up(const std::string& doing) const {
    throw Error(Kind::timeout, doing + ": still not done when the time was up", "raise --timeout, or run it again");
}

}  // namespace signet::client
