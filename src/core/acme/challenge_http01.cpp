#include "acme/challenge_http01.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "acme/targets.h"
#include "base/error.h"
#include "base/file.h"
#include "net/http_server.h"

namespace signet::acme {
namespace {

using base::Error;
using base::Kind;
using Clock = std::chrono::steady_clock;

constexpr std::string_view k_path = "/.well-known/acme-challenge/";
constexpr int k_redirect_limit = 10;            // as browsers and public CAs have it
constexpr std::size_t k_body_limit = 16 << 10;  // a key authorization is under 100 octets; some servers pad

// ---- the CA's check -------------------------------------------------------------------------------------------------

std::string place(const net::Url& url, const net::Address& address) {
    return url.scheme + "://" + url.authority() + " at " + address.text() + " port " + std::to_string(url.port);
}

struct Answer {
    net::Response response;
    std::string place;
};

Answer ask(const ValidationContext& context, const net::Url& url, const net::Address& address,
           std::chrono::milliseconds timeout) {
    net::TransportSettings settings;
    settings.allow_http = true;
    settings.verify_nothing = true;  // RFC 8555 section 8.3 is about http; a hop to https proves nothing more
    settings.user_agent = context.user_agent;
    settings.connect_to = address;
    net::OutboundRequest request;
    request.url = url.text();
    request.timeout = timeout;
    request.body_limit = k_body_limit;
    const auto where = place(url, address);
    try {
        return {net::make_http_transport(std::move(settings))->send(request), where};
    } catch (const Error& error) {
        // Kind connection is for nobody answering (RFC 8555 section 6.7): not for an answer that cannot be used.
        const bool known =
            error.kind() == Kind::timeout || error.kind() == Kind::tls || error.kind() == Kind::incorrect_response;
        throw Error{known ? error.kind() : Kind::connection,
                    "no usable answer from " + where + (error.kind() == Kind::timeout ? " in time" : "")};
    }
}

// One hop: the addresses are resolved once, checked, and tried in turn until one answers.
Answer fetch(const ValidationContext& context, const net::Url& url, Clock::time_point deadline) {
    Answer answer;
    try_in_turn(permitted_addresses(context, url.host), deadline,
                [&](const net::Address& address, auto share) { answer = ask(context, url, address, share); });
    return answer;
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Where a redirect leads is the target's own word: nothing of it, nor of what is found there, goes into an error. All
// of them name the first place, which the identifier itself led to.
Error astray(const Answer& first, Kind kind, std::string_view why) {
    return {kind, first.place + " redirects " + std::string(why)};
}

net::Url next_hop(const ValidationContext& context, const net::Url& url, const Answer& answer, const Answer& first) {
    const auto* location = net::find_header(answer.response.headers, "Location");
    if (location == nullptr) throw astray(first, Kind::incorrect_response, "to nowhere");
    net::Url next{};
    try {
        next = net::resolve_url(url, *location);
    } catch (const Error&) {
        throw astray(first, Kind::incorrect_response, "to something that is no http or https URL");
    }
    const std::array ports{80, 443, context.http01_port, context.tls_alpn01_port};
    if (std::ranges::find(ports, next.port) == ports.end()) {
        throw astray(first, Kind::refused, "to a port that validation does not go to");
    }
    return next;
}

std::string_view without_trailing_space(std::string_view body) {
    while (!body.empty() && (body.back() == '\n' || body.back() == '\r' || body.back() == ' ' || body.back() == '\t')) {
        body.remove_suffix(1);
    }
    return body;
}

void compare(const Answer& answer, const std::string& key_authorization) {
    if (answer.response.status != 200) {
        throw Error{Kind::incorrect_response,
                    answer.place + " answered with status " + std::to_string(answer.response.status) + ", not 200"};
    }
    if (without_trailing_space(answer.response.body) != key_authorization) {
        throw Error{Kind::incorrect_response,
                    answer.place + " answered with something else than the key authorization"};
    }
}

// A hop that a target sent us to; its addresses are resolved and checked anew.
Answer follow(const ValidationContext& context, const net::Url& url, const Answer& first, Clock::time_point deadline) {
    if (Clock::now() >= deadline) throw astray(first, Kind::timeout, "and the time is up");
    try {
        return fetch(context, url, deadline);
    } catch (const Error& error) {
        if (error.kind() == Kind::refused) throw astray(first, Kind::refused, "to where validation does not go");
        throw astray(first, Kind::incorrect_response, "to where no usable answer came from");
    }
}

// What the last of some redirects answered.
void compare_at_end(const Answer& first, const Answer& last, const std::string& key_authorization) {
    try {
        compare(last, key_authorization);
    } catch (const Error& error) {
        throw astray(first, error.kind(), "to where the key authorization is not");
    }
}

}  // namespace

// ---- the client's answer --------------------------------------------------------------------------------------------

/// Answers the tokens that stand in it and nothing else; stops listening when the last answer is taken back.
class Http01Listener {
public:
    explicit Http01Listener(int port) : server_(listen(port)) { server_->start(); }
    ~Http01Listener() { server_->stop(std::chrono::seconds(1)); }
    void add(std::string path, std::string body) {
        const std::lock_guard lock(mutex_);
        answers_[std::move(path)] = std::move(body);
    }
    void remove(const std::string& path) {
        const std::lock_guard lock(mutex_);
        answers_.erase(path);
    }

private:
    std::unique_ptr<net::HttpServer> listen_on(const std::string& address) {
        return std::make_unique<net::HttpServer>(
            std::vector<net::ListenerSettings>{{address, false}},
            [this](const net::Request& request) { return answer(request); }, 2);
    }
    // The CA may come over IPv6 or IPv4: one socket takes both, where the kernel has IPv6.
    std::unique_ptr<net::HttpServer> listen(int port) {
        try {
            return listen_on("[::]:" + std::to_string(port));
        } catch (const Error&) {
            return listen_on("0.0.0.0:" + std::to_string(port));
        }
    }
    net::Response answer(const net::Request& request) {
        const std::lock_guard lock(mutex_);
        const auto found = answers_.find(request.path);
        if (found == answers_.end() || request.method != "GET") return net::Response::text(404, "not found\n");
        net::Response response;
        response.set("Content-Type", "application/octet-stream");
        response.body = found->second;
        return response;
    }
    std::mutex mutex_;
    std::map<std::string, std::string> answers_;
    std::unique_ptr<net::HttpServer> server_;  // last: its threads use the members above
};

namespace {

class ListeningAnswer final : public Presented {
public:
    ListeningAnswer(std::shared_ptr<Http01Listener> listener, std::string path, std::string body)
        : listener_(std::move(listener)), path_(std::move(path)) {
        listener_->add(path_, std::move(body));
    }
    ~ListeningAnswer() override { listener_->remove(path_); }

private:
    std::shared_ptr<Http01Listener> listener_;
    std::string path_;
};

class WrittenAnswer final : public Presented {
public:
    WrittenAnswer(base::Path path, const std::string& body) : path_(std::move(path)) {
        base::make_directories(path_.parent_path(), 0755);
        base::write_file(path_, body);
    }
    ~WrittenAnswer() override {
        std::error_code ignored;  // the file may be gone with its webroot
        std::filesystem::remove(path_, ignored);
    }

private:
    base::Path path_;
};

}  // namespace

bool http01_applies(const x509::Identifier& identifier, bool wildcard) {
    using Type = x509::Identifier::Type;
    return !wildcard && !identifier.is_wildcard() && (identifier.type() == Type::dns || identifier.type() == Type::ip);
}

void validate_http01(const ValidationContext& context, const x509::Identifier& identifier, std::string_view token,
                     const std::string& key_authorization) {
    const auto deadline = Clock::now() + context.timeout;
    net::Url url{"http", identifier.text(), std::string(k_path) + std::string(token), context.http01_port};
    const auto first = fetch(context, url, deadline);
    if (!is_redirect(first.response.status)) return compare(first, key_authorization);
    auto answer = first;
    for (int hop = 0; hop < k_redirect_limit; ++hop) {
        url = next_hop(context, url, answer, first);
        answer = follow(context, url, first, deadline);
        if (!is_redirect(answer.response.status)) return compare_at_end(first, answer, key_authorization);
    }
    throw astray(first, Kind::incorrect_response, "more than " + std::to_string(k_redirect_limit) + " times");
}

std::unique_ptr<Presented> present_http01(const ResponderContext& context, const x509::Identifier&,
                                          std::string_view token, const std::string& key_authorization) {
    check_token(token);
    if (!context.webroot.empty()) {
        auto path = base::Path(context.webroot) / (std::string(k_path.substr(1)) + std::string(token));
        return std::make_unique<WrittenAnswer>(std::move(path), key_authorization);
    }
    auto listener = context.http01_listener.lock();
    if (!listener) {
        listener = std::make_shared<Http01Listener>(context.http01_port);
        context.http01_listener = listener;
    }
    return std::make_unique<ListeningAnswer>(std::move(listener), std::string(k_path) + std::string(token),
                                             key_authorization);
}

}  // namespace signet::acme
