#include "server/app.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>

#include "acme/problem.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "server/authenticate.h"
#include "server/authorization_modes.h"
#include "server/client_address.h"
#include "server/router.h"
#include "store/audit.h"

namespace signet::server {
namespace {

constexpr std::size_t k_body_limit = 64 << 10;  // a JWS with a CSR of 100 names takes a tenth
constexpr std::string_view k_media_type = "application/jose+json";

net::Response problem(int status, std::string_view type, std::string detail) {
    return acme::problem_response(acme::make_problem(status, type, std::move(detail)));
}

std::string_view media_type(const net::Request& request) {
    const auto* value = net::find_header(request.headers, "Content-Type");
    return value == nullptr ? std::string_view{} : base::trim(std::string_view(*value).substr(0, value->find(';')));
}

bool is_acme(std::string_view path) { return path.starts_with("/acme/"); }

net::Response no_route(const net::Request& request, const Match& match) {
    if (!match.path_known) return problem(404, "malformed", "there is nothing at this path");
    auto response =
        problem(405, "malformed", base::printable(request.method, 20) + " is not possible here; use " + match.allow);
    response.set("Allow", match.allow);
    return response;
}

// What the listener and the host decide before anything else. nullopt: go on.
std::optional<net::Response> misplaced(Exchange& exchange, Family family) {
    const bool plain = exchange.request.scheme != "https";
    if (family == Family::https_only && plain) return problem(404, "malformed", "this is served over https only");
    if (family != Family::acme) return std::nullopt;
    if (plain && !exchange.live->settings.insecure_http_acme) {
        return problem(403, "malformed", "ACME is served over https only; insecure_http_acme would permit it here");
    }
    auto base = exchange.live->hosts.base_of(exchange.request);
    if (!base) {
        return problem(421, "malformed",
                       "this server does not go by the host " + base::printable(exchange.request.host) +
                           "; its operator can add it to hostnames, or set external_url, in signet.toml");
    }
    exchange.base = std::move(*base);
    return std::nullopt;
}

std::optional<net::Response> unfit_body(const net::Request& request) {
    if (!base::iequals(media_type(request), k_media_type)) {
        return problem(415, "malformed", "Content-Type must be " + std::string(k_media_type));
    }
    if (request.body.size() > k_body_limit) return problem(413, "malformed", "the request is larger than 64 KiB");
    return std::nullopt;
}

// The directory that a request belongs to. False: there is no such profile.
bool choose_directory(Exchange& exchange, const Match& match) {
    exchange.profile = match.profile.empty() ? exchange.live->settings.default_profile : match.profile;
    exchange.directory = match.profile.empty() ? exchange.url("/acme/directory")
                                               : exchange.url("/acme/profile/", match.profile) + "/directory";
    return match.profile.empty() || exchange.live->profiles.contains(match.profile);
}

net::Response respond(Exchange& exchange, const Match& match) {
    if (match.route == nullptr && !is_acme(exchange.request.path)) return no_route(exchange.request, match);
    const auto family = match.route == nullptr ? Family::acme : match.route->family;
    if (auto response = misplaced(exchange, family)) return std::move(*response);
    if (family == Family::acme && !choose_directory(exchange, match)) {
        exchange.directory = exchange.url("/acme/directory");
        return problem(404, "malformed", "there is no profile of this name");
    }
    if (match.route == nullptr) return no_route(exchange.request, match);
    exchange.parameter = match.parameters[0];
    exchange.second = match.parameters[1];
    if (match.route->proof != Proof::none) {
        if (auto response = unfit_body(exchange.request)) return std::move(*response);
        authenticate(exchange, *match.route);
    }
    return match.route->run(exchange);
}

bool wants_nonce(const Exchange& exchange, const Match& match, const net::Response& response) {
    if (exchange.request.method == "POST" || response.status >= 400) return true;
    return match.route != nullptr && match.route->run == new_nonce;
}

// Headers that RFC 8555 wants on every answer (sections 6.5, 7.1).
void decorate(const Exchange& exchange, const Match& match, net::Response& response) {
    const bool acme = match.route == nullptr ? is_acme(exchange.request.path) : match.route->family == Family::acme;
    if (!acme || exchange.base.empty()) return;
    if (wants_nonce(exchange, match, response)) {
        response.set("Replay-Nonce", exchange.services.nonces.issue(exchange.now));
        response.set("Cache-Control", "no-store");
    }
    const bool directory = match.route != nullptr && match.route->run == show_directory;
    if (!directory || response.status >= 400) response.add("Link", "<" + exchange.directory + ">;rel=\"index\"");
}

// The page where an account agrees to terms is for whoever knows the end of its path.
std::string logged_path(const net::Request& request) {
    if (!request.path.starts_with("/acme/terms/")) return request.path;
    const auto end = request.path.find('/', std::string_view("/acme/terms/").size());
    return end == std::string::npos ? request.path : request.path.substr(0, end + 1) + "...";
}

// The access log: one event a request. No header, no query and no body is in it: one of them may hold a secret.
void log_request(const Exchange& exchange, int status, const std::string& event, std::chrono::microseconds spent) {
    if (!base::log_enabled(base::Level::info)) return;
    const auto& request = exchange.request;
    const base::Field method{"method", request.method}, path{"path", logged_path(request)},
        answered{"status", std::to_string(status)}, remote{"remote", exchange.client_address},
        account{"account", exchange.account ? exchange.account->record.id : std::string("-")}, number{"event", event},
        took{"us", std::to_string(spent.count())};
    if (exchange.problem.empty()) {
        base::log(base::Level::info, "request", {method, path, answered, remote, account, number, took});
    } else {
        base::log(base::Level::info, "request",
                  {method,
                   path,
                   answered,
                   remote,
                   account,
                   number,
                   took,
                   {"problem", exchange.problem},
                   {"detail", exchange.detail}});
    }
}

std::string hex(std::uint64_t value) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

}  // namespace

struct App::State {
    store::Store& store;
    base::Clock& clock;
    LiveBox live;
    Nonces nonces;
    AccountCache accounts;
    PublicFiles files;
    Metrics metrics;
    WaitingPlaces waiting;
    AuthorizeGate gate{waiting};
    CaaGate caa;
    ReadyState readiness;
    Validation validation;
    ca::Crls crls;
    ca::OcspResponder ocsp;
    Services services;
    std::atomic<std::uint64_t> next_event;

    /// What follows from the settings, beside `live`.
    void apply(const ca::AuthorityTable& settings) {
        nonces.set_lifetime(live.get()->settings.nonce_lifetime);
        crls.configure(settings);
        ocsp.configure(settings);
    }

    State(store::Store& s, ca::Authorities& authorities, ca::Issuer& issuer, base::Clock& c, base::Random& random,
          net::Resolver& resolver, Configuration configuration)
        : store(s),
          clock(c),
          live(std::move(configuration)),
          nonces(s, random),
          files(authorities, s),
          caa(resolver, waiting),
          validation(s, resolver, c, live, metrics),
          crls(s, authorities, c),
          ocsp(s, authorities, issuer, c),
          services{s,          authorities, issuer,  c,    random, live,      nonces, accounts,
                   validation, files,       metrics, gate, caa,    readiness, crls,   ocsp} {
        std::array<std::uint8_t, 8> bytes{};
        random.fill(bytes);
        std::uint64_t first = 0;
        for (const auto byte : bytes) first = first << 8 | byte;
        next_event = first;
        apply(live.get()->authorities);
    }

    net::Response guarded(Exchange& exchange, const Match& match, const std::string& event);
    store::AuditRecord entry_with_warnings(const char* action);
};

App::App(store::Store& store, ca::Authorities& authorities, ca::Issuer& issuer, base::Clock& clock,
         base::Random& random, net::Resolver& resolver, Configuration configuration)
    : state_(std::make_unique<State>(store, authorities, issuer, clock, random, resolver, std::move(configuration))) {}
App::~App() = default;

net::Response App::State::guarded(Exchange& exchange, const Match& match, const std::string& event) {
    const auto fault = [&](const base::Error& error) {
        auto made = acme::to_problem(error, event);
        if (made.status >= 500) {
            base::log(
                base::Level::error, "a request failed",
                {{"event", event}, {"reason", error.message()}, {"where", error.where()}, {"hint", error.hint()}});
        }
        exchange.problem = made.type.substr(made.type.rfind(':') + 1);
        exchange.detail = made.detail;
        if (!exchange.asked_profile.empty() && made.status < 500) {
            metrics.refused.at(exchange.asked_profile, exchange.problem).add();
        }
        return acme::problem_response(made);
    };
    net::Response response;
    try {
        response = respond(exchange, match);
        if (match.route != nullptr && match.route->run == finalize && response.status == 200) {
            metrics.issued.at(exchange.asked_profile).add();
        }
    } catch (const base::Error& error) {
        response = fault(error);
    } catch (const std::exception& error) {
        response = fault({base::Kind::internal, error.what()});
    }
    if (response.status == 429 || response.status == 503) {
        response.set("Retry-After", std::to_string(exchange.retry_after.value_or(5)));
    }
    try {
        decorate(exchange, match, response);
    } catch (const base::Error&) {  // the server is stopping: no nonce any more
    }
    return response;
}

net::Response App::handle(const net::Request& request) {
    const auto began = std::chrono::steady_clock::now();
    const auto event = hex(state_->next_event.fetch_add(1));
    Exchange exchange{
        .services = state_->services, .request = request, .live = state_->live.get(), .now = state_->clock.now()};
    exchange.client_address = client_address(request, exchange.live->settings.trusted_proxies);
    const auto match = find_route(request.method, request.path);
    auto response = state_->guarded(exchange, match, event);
    const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    state_->metrics.request(match.route, response.status, spent);
    log_request(exchange, response.status, event, spent);
    return response;
}

net::Response App::refuse(const net::Request& begun, int status, const std::string& reason) {
    Exchange exchange{
        .services = state_->services, .request = begun, .live = state_->live.get(), .now = state_->clock.now()};
    const auto match = find_route(begun.method, begun.path);
    const bool wrong_method = status == 411 && match.path_known && match.route == nullptr;
    if (!is_acme(begun.path) && !wrong_method) return net::Response::text(status, reason + "\n");
    if (is_acme(begun.path) && !misplaced(exchange, Family::acme)) choose_directory(exchange, match);
    auto response = wrong_method ? no_route(begun, match) : problem(status, "malformed", reason);
    try {
        decorate(exchange, match, response);
    } catch (const base::Error&) {  // the server is stopping: no nonce any more
    }
    return response;
}

void App::configure(Configuration configuration) {
    state_->live.set(std::move(configuration));
    state_->apply(state_->live.get()->authorities);
    const auto entry = state_->entry_with_warnings("server.configured");
    state_->store.write([&](store::Transaction& transaction) { store::append_audit(transaction, entry); });
}

/// Logs them, too.
store::AuditRecord App::State::entry_with_warnings(const char* action) {
    const auto warnings = mode_warnings(*live.get());
    store::AuditRecord entry{};
    for (const auto& warning : warnings) {
        base::log(base::Level::warning, warning);
        entry.detail += (entry.detail.empty() ? "" : "; ") + warning;
    }
    entry.at = base::to_unix(clock.now());
    entry.action = action;
    entry.actor = "server";
    return entry;
}

void App::upkeep() {
    state_->crls.refresh();
    state_->ocsp.refresh();
}

void App::start(const Commit& commit) {
    const auto entry = state_->entry_with_warnings("server.started");
    const auto enter = [&](store::Transaction& transaction) {
        store::append_audit(transaction, entry);
        state_->nonces.begin(transaction);
    };
    if (commit) {
        commit(enter);
    } else {
        state_->store.write(enter);
    }
    state_->validation.start();
}

void App::stop() {
    state_->validation.stop();
    state_->nonces.save();
}

void App::set_more_metrics(std::function<void(base::MetricsText&)> more) { state_->metrics.set_more(std::move(more)); }

void App::run_validations() { state_->validation.run_all(); }

}  // namespace signet::server
