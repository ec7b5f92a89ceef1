#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme/messages.h"
#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "crypto/key.h"
#include "net/retry.h"
#include "net/transport.h"

namespace signet::client {

/// One line per step, for people.
using Progress = std::function<void(std::string_view)>;

/// A GET that outlives a server that is not up yet: connection failures and 429/5xx are tried again with back-off,
/// Retry-After honoured, until `deadline`. Throws what stood in the way last.
net::Response get_patiently(net::Transport& transport, base::Clock& clock, base::Deadline deadline,
                            net::OutboundRequest request, const Progress& progress);

/// A conversation with one ACME server: directory, nonces, signatures and retries, so that what is above it speaks of
/// accounts and orders only. Not thread-safe.
class Session {
public:
    /// `account_key` must outlive the session. Everything ends at `deadline` with Kind timeout or the last failure.
    Session(net::Transport& transport, base::Clock& clock, const crypto::PrivateKey& account_key,
            std::string directory_url, base::Deadline deadline, Progress progress);

    /// Fetched at first use. RFC 8555 section 7.1.1.
    const acme::DirectoryMessage& directory();
    /// From here on requests name the account instead of carrying the key.
    void use_account(std::string url) { account_url_ = std::move(url); }
    const std::string& account_url() const { return account_url_; }  // empty until then
    /// Whether anything was signed: until then the server cannot know the key.
    bool has_signed() const { return has_signed_; }
    /// Until when the server asked to be left alone, where `post` failed for that.
    std::optional<base::Time> limited_until() const { return limited_until_; }

    /// Signs and sends (RFC 8555 section 6). A badNonce answer is tried again with the nonce it brings, connection
    /// failures, 429 and 5xx with back-off. Any other answer but 2xx becomes an Error that starts with `doing`.
    net::Response post(const std::string& url, std::string_view payload, const std::string& doing);
    /// POST-as-GET (RFC 8555 section 6.3).
    net::Response read(const std::string& url, const std::string& doing) { return post(url, "", doing); }

    /// The body as one of our messages; anything else (HTML of a proxy, a cut-off body) is a remote_problem.
    template <class Parse>
    auto message(const net::Response& response, const std::string& doing, Parse parse) {
        std::optional<decltype(parse(std::declval<const base::Json&>()))> value;
        read_json(response, doing, [&](const base::Json& json) { value.emplace(parse(json)); });
        return std::move(*value);
    }
    /// The Location header as an absolute URL. Throws remote_problem when there is none.
    std::string location(const net::Response& response, const std::string& request_url, const std::string& doing);

    /// Reads `url` until `settled(message)`, at the server's own pace (Retry-After within bounds).
    template <class Parse, class Settled>
    auto poll(const std::string& url, const std::string& doing, Parse parse, Settled settled) {
        auto retry = patience();
        for (bool told = false;; told = true) {
            const auto response = read(url, doing);
            auto value = message(response, doing, parse);
            if (settled(value)) return value;
            if (!told) report(doing);
            if (!retry.wait(pace(response))) give_up(doing);
        }
    }

    net::Transport& transport() { return transport_; }
    base::Clock& clock() { return clock_; }
    const crypto::PrivateKey& account_key() const { return account_key_; }
    void report(std::string_view step) const { progress_(step); }

private:
    struct Attempt {
        std::optional<net::Response> response;
        std::optional<base::Error> error;  // absent only when the response is 2xx
    };

    Attempt attempt(const std::string& url, std::string_view payload, const std::string& doing);
    void read_json(const net::Response& response, const std::string& doing,
                   const std::function<void(const base::Json&)>& use);
    std::string take_nonce();
    void keep_nonce(const net::Response& response);
    net::Response send_signed(const std::string& url, std::string_view payload);
    net::Retry patience() const;
    std::optional<base::Duration> pace(const net::Response& response) const;
    [[noreturn]] void give_up(const std::string& doing) const;

    net::Transport& transport_;
    base::Clock& clock_;
    const crypto::PrivateKey& account_key_;
    std::string directory_url_;
    base::Deadline deadline_;
    Progress progress_;
    std::optional<acme::DirectoryMessage> directory_;
    std::string account_url_;
    bool has_signed_ = false;
    std::optional<base::Time> limited_until_;
    std::vector<std::string> nonces_;
};

}  // namespace signet::client
