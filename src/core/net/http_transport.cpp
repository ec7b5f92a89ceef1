#include <algorithm>
#include <array>
#include <mutex>
#include <openssl/ssl.h>

#include "base/error.h"
#include "base/text.h"
#include "net/client_stream.h"
#include "net/http_response_parser.h"
#include "net/transport.h"

namespace signet::net {

namespace {

using std::chrono::steady_clock;

// Shorter than any server keeps idle connections, so that a request rarely meets a connection that is being closed.
constexpr auto k_keep_idle = std::chrono::seconds(15);
constexpr std::size_t k_kept_connections = 16;
constexpr std::size_t k_read_size = 16 << 10;

/// Connections at rest between two requests, by origin.
class Pool {
public:
    std::optional<ClientStream> take(const std::string& origin) {
        const std::lock_guard lock(mutex_);
        std::erase_if(kept_, [](const Kept& kept) { return steady_clock::now() - kept.since > k_keep_idle; });
        for (auto it = kept_.rbegin(); it != kept_.rend(); ++it) {
            if (it->origin != origin) continue;
            auto stream = std::move(it->stream);
            kept_.erase(std::next(it).base());
            return stream;
        }
        return std::nullopt;
    }
    void put(const std::string& origin, ClientStream stream) {
        const std::lock_guard lock(mutex_);
        if (kept_.size() >= k_kept_connections) kept_.erase(kept_.begin());
        kept_.push_back({origin, std::move(stream), steady_clock::now()});
    }

private:
    struct Kept {
        std::string origin;
        ClientStream stream;
        steady_clock::time_point since;
    };
    std::mutex mutex_;
    std::vector<Kept> kept_;
};

class HttpTransport final : public Transport {
public:
    explicit HttpTransport(TransportSettings settings) : settings_(std::move(settings)) {
        if (settings_.verify_nothing) settings_.trust = {Trust::Mode::none, {}};
    }

    Response send(const OutboundRequest& request) override;

private:
    struct Exchange {
        const OutboundRequest& request;
        const Url& url;
        const std::string& bytes;
        const Deadline& deadline;
        bool begun = false;  // something of an answer was read
    };
    ClientStream connect(const Url& url, const Deadline& deadline);
    Response exchange(Exchange& exchange, ClientStream stream);
    Response exchange_kept(Exchange& exchange);
    std::string serialize(const OutboundRequest& request, const Url& url) const;
    TlsContext context();

    TransportSettings settings_;
    Pool pool_;
    std::mutex context_mutex_;
    TlsContext context_;  // made at the first https request: reading the system's trust store takes a while
};

void append_field(std::string& out, std::string_view name, std::string_view value) {
    if (!is_token(name) || !is_field_value(value)) {
        throw base::Error{base::Kind::internal, "header field " + base::printable(name) + " would break the framing"};
    }
    out.append(name).append(": ").append(value).append("\r\n");
}

std::string HttpTransport::serialize(const OutboundRequest& request, const Url& url) const {
    if (!is_token(request.method))
        throw base::Error{base::Kind::internal, "bad method " + base::printable(request.method)};
    std::string out = request.method + " " + url.target + " HTTP/1.1\r\n";
    append_field(out, "Host", url.authority());
    if (!settings_.user_agent.empty()) append_field(out, "User-Agent", settings_.user_agent);
    append_field(out, "Accept-Encoding", "identity");
    for (const auto& [name, value] : request.headers) append_field(out, name, value);
    const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
    if (has_body) append_field(out, "Content-Length", std::to_string(request.body.size()));
    return out + "\r\n" + request.body;
}

TlsContext HttpTransport::context() {
    const std::lock_guard lock(context_mutex_);
    if (!context_) context_ = make_client_context(settings_.trust);
    return context_;
}

ClientStream HttpTransport::connect(const Url& url, const Deadline& deadline) {
    const bool tls = url.scheme == "https";
    const auto made = tls ? context() : nullptr;
    ClientStream stream(url.host, url.port, settings_.connect_to, deadline);
    if (tls) {
        auto ssl = make_client_ssl(made, url.host);
        if (settings_.trust.mode != Trust::Mode::none) require_name(ssl.get(), url.host);
        constexpr std::array<unsigned char, 9> http11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
        SSL_set_alpn_protos(ssl.get(), http11.data(), http11.size());
        stream.start_tls(std::move(ssl), deadline);
    }
    return stream;
}

Response HttpTransport::exchange(Exchange& exchange, ClientStream stream) {
    ResponseParser parser(exchange.request.method == "HEAD", exchange.request.body_limit);
    std::array<char, k_read_size> buffer;
    bool rest = false;
    stream.write(exchange.bytes, exchange.deadline);
    while (parser.state() == ResponseParser::State::head || parser.state() == ResponseParser::State::body) {
        const auto size = stream.read(buffer.data(), buffer.size(), exchange.deadline);
        exchange.begun = exchange.begun || size > 0;
        std::string_view bytes(buffer.data(), size);
        if (size == 0) {
            parser.end_of_stream();
        } else {
            parser.feed(bytes);
        }
        rest = !bytes.empty();
    }
    const auto url = exchange.url.text();
    if (parser.state() == ResponseParser::State::too_large) {
        throw base::Error{base::Kind::incorrect_response, "the answer of " + url + " is longer than " +
                                                              std::to_string(exchange.request.body_limit) + " bytes"};
    }
    if (!parser.begun()) throw base::Error{base::Kind::connection, url + " was closed without an answer"};
    if (parser.state() == ResponseParser::State::malformed) {
        throw base::Error{base::Kind::incorrect_response, "the answer of " + url + " is cut short or is no HTTP/1.1"};
    }
    if (parser.keep_alive() && !rest)
        pool_.put(exchange.url.scheme + "://" + exchange.url.authority(), std::move(stream));
    return parser.take();
}

/// Over connections that are still open from earlier requests; falls back to a new one where that is harmless.
Response HttpTransport::exchange_kept(Exchange& exchange) {
    const std::string origin = exchange.url.scheme + "://" + exchange.url.authority();
    while (auto kept = pool_.take(origin)) {
        if (!kept->quiet()) continue;  // closed by the server, or it talks out of turn
        try {
            return this->exchange(exchange, std::move(*kept));
        } catch (const base::Error& error) {
            // The server may close just as we send. Only what changes nothing is sent twice (RFC 9110 section 9.2.2).
            const bool harmless = exchange.request.method == "GET" || exchange.request.method == "HEAD";
            if (!harmless || exchange.begun || error.kind() != base::Kind::connection) throw;
        }
    }
    return this->exchange(exchange, connect(exchange.url, exchange.deadline));
}

Response HttpTransport::send(const OutboundRequest& request) {
    const Deadline deadline(request.timeout);
    const Url url = parse_url(request.url);
    if (url.scheme == "http" && !settings_.allow_http) {
        throw base::Error{base::Kind::bad_input, url.text() + " is not encrypted", "use an https:// URL"};
    }
    const std::string bytes = serialize(request, url);
    Exchange exchange{request, url, bytes, deadline};
    return exchange_kept(exchange);
}

}  // namespace

std::unique_ptr<Transport> make_http_transport(TransportSettings settings) {
    return std::make_unique<HttpTransport>(std::move(settings));
}

}  // namespace signet::net
