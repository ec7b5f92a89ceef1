// A closed loop of ACME clients over keep-alive TLS. What can be made before the clock starts is made then: accounts,
// leaf keys, CSRs and their signatures. JWS signatures hold nonces, so these are on the clock. The clients share the
// processors with the server: trust the server's CPU time more than certificates per second.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <latch>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "bench/acme_client.h"
#include "bench/options.h"
#include "bench/server_process.h"

namespace signet::bench {
namespace {

using base::Json;
using Steady = std::chrono::steady_clock;

constexpr int k_give_up = 20;  // failures in a row that end a client

double seconds_since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

/// The leaves that all clients draw from.
class Leaves {
public:
    Leaves(const Options& options) : suffix_(options.suffix), run_(std::to_string(::getpid())) {
        made_.resize(static_cast<std::size_t>(options.prepare));
        std::atomic<std::size_t> at = 0;
        const auto work = [&] {
            for (std::size_t i = at++; i < made_.size(); i = at++) made_[i] = Leaf::make(name(i));
        };
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) workers.emplace_back(work);
    }

    Leaf next() {
        const std::size_t index = next_++;
        return index < made_.size() ? std::move(made_[index]) : Leaf::make(name(index));
    }
    std::size_t drawn() const { return next_; }

private:
    std::string name(std::size_t index) const { return "n" + std::to_string(index) + '-' + run_ + '.' + suffix_; }

    std::string suffix_;
    std::string run_;
    std::vector<Leaf> made_;
    std::atomic<std::size_t> next_ = 0;
};

struct Run {
    Run(const Options& chosen) : options(chosen), leaves(chosen), ready(chosen.clients) {
        if (!chosen.http01.empty()) responder = std::make_unique<Responder>(chosen.http01, chosen.dns);
    }

    const Options& options;
    Leaves leaves;
    std::unique_ptr<Responder> responder;
    std::latch ready;  // one count a client, given once it is warm or has failed
    std::atomic<bool> started = false, stopping = false, counting = false;
    std::atomic<bool> silent = false;  // a client ended because no answer came
    std::atomic<int> running = 0;
    std::atomic<int> issued = 0;
    std::mutex mutex;  // for what follows
    std::vector<double> latencies_ms;
    std::map<std::string, int> errors;
    std::uint64_t requests = 0, nonce_retries = 0;
};

void count_error(Run& run, const std::string& what) {
    const std::lock_guard lock(run.mutex);
    ++run.errors[what];
}

bool warm_up(Run& run, AcmeClient& client) {
    if (run.options.nonces) return true;
    try {
        client.register_account();
        for (int i = 0; i < run.options.warmup; ++i) client.issue(run.leaves.next());
        return true;
    } catch (const Failure& failure) {
        count_error(run, "warm-up: " + failure.what);
        if (failure.hung) run.silent = true;
        return false;
    }
}

void do_one(AcmeClient& client, const Leaf* leaf) {
    if (leaf == nullptr) {
        client.draw_nonce();
    } else {
        client.issue(*leaf);
    }
}

/// Issues until the clock stops, recording what was done while it ran.
void issue_on_the_clock(Run& run, AcmeClient& client) {
    std::vector<double> latencies;
    int failures = 0;
    const auto more = [&] { return run.options.orders == 0 || run.issued < run.options.orders; };
    while (!run.stopping && more() && failures < k_give_up) {
        std::optional<Leaf> leaf;
        if (!run.options.nonces) leaf = run.leaves.next();
        const auto start = Steady::now();
        try {
            do_one(client, leaf ? &*leaf : nullptr);
            failures = 0;
            if (!run.counting) break;
            latencies.push_back(seconds_since(start) * 1000);
            ++run.issued;
        } catch (const Failure& failure) {
            if (run.stopping) break;
            count_error(run, failure.what);
            if (failure.hung) run.silent = true;
            failures = failure.hung ? k_give_up : failures + 1;
        }
    }
    const std::lock_guard lock(run.mutex);
    run.latencies_ms.insert(run.latencies_ms.end(), latencies.begin(), latencies.end());
}

void drive(Run& run, const Url& server, const Directory& directory, const std::shared_ptr<ssl_ctx_st>& context) {
    AcmeClient client(context, server, directory, run.options.timeout, run.responder.get());
    const bool warm = warm_up(run, client);
    const std::uint64_t requests = client.requests(), retries = client.nonce_retries();
    run.ready.count_down();
    run.started.wait(false);
    if (warm) issue_on_the_clock(run, client);
    {
        const std::lock_guard lock(run.mutex);
        run.requests += client.requests() - requests;
        run.nonce_retries += client.nonce_retries() - retries;
    }
    --run.running;
}

struct Clock {
    double seconds = 0;
    double last_success = 0;
    bool hung = false;
    ServerUse before, after;
};

/// Until the time is over, the orders are done, every client has ended, or the server issues nothing any more.
Clock watch(Run& run) {
    Clock clock{.before = server_use(run.options.pid)};
    const auto start = Steady::now();
    run.counting = true;
    run.started = true;
    run.started.notify_all();
    int seen = 0;
    while (seconds_since(start) < run.options.seconds && run.running > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        const double at = seconds_since(start);
        const int issued = run.issued;
        if (issued > seen) clock.last_success = at;
        seen = issued;
        clock.hung = at - clock.last_success > run.options.timeout;
        if (clock.hung || (run.options.orders > 0 && issued >= run.options.orders)) break;
    }
    run.counting = false;
    clock.after = server_use(run.options.pid);
    clock.seconds = clock.hung || run.running == 0 ? clock.last_success : seconds_since(start);
    run.stopping = true;
    return clock;
}

Json percentile(std::vector<double>& sorted, double part) {
    if (sorted.empty()) return nullptr;
    const auto index = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
    return std::round(sorted[index] * 100) / 100;
}

Json report(Run& run, const Clock& clock) {
    std::ranges::sort(run.latencies_ms);
    const int issued = run.issued;
    const double cpu = clock.after.cpu_seconds - clock.before.cpu_seconds;
    const auto per = [](double value, double divisor) -> Json {
        return divisor > 0 ? Json(std::round(value / divisor * 1000) / 1000) : Json(nullptr);
    };
    const auto drawn = static_cast<double>(run.leaves.drawn());
    Json json;
    json["label"] = run.options.label;
    json["clients"] = run.options.clients;
    json["seconds"] = std::round(clock.seconds * 1000) / 1000;
    json["issued"] = issued;
    json["issuances_per_s"] = per(issued, clock.seconds);
    json["p50_ms"] = percentile(run.latencies_ms, 0.50);
    json["p99_ms"] = percentile(run.latencies_ms, 0.99);
    json["requests_per_order"] = per(static_cast<double>(run.requests), issued);
    json["nonce_retries"] = run.nonce_retries;
    json["made_on_the_clock"] = static_cast<int>(std::max(0.0, drawn - run.options.prepare));
    json["hung"] = clock.hung || run.silent;
    if (run.options.pid > 0) {
        json["server"]["cpu_s"] = std::round(cpu * 100) / 100;
        json["server"]["cpu_ms_per_issuance"] = per(cpu * 1000, issued);
        json["server"]["issuances_per_cpu_s"] = per(issued, cpu);
        json["server"]["cpu_us_per_request"] = per(cpu * 1e6, static_cast<double>(run.requests));
        json["server"]["written_kb_each"] = per(clock.after.written_kb - clock.before.written_kb, issued);
        json["server"]["threads"] = clock.after.threads;
        json["server"]["anonymous_mb"] = std::round(clock.after.anonymous_mb * 10) / 10;
        json["server"]["resident_mb"] = std::round(clock.after.resident_mb * 10) / 10;
        json["server"]["peak_mb"] = std::round(clock.after.peak_mb * 10) / 10;
    }
    if (!run.options.store.empty()) json["store_bytes"] = disk_use(run.options.store);
    json["errors"] = Json::object();
    for (const auto& [what, count] : run.errors) json["errors"][what] = count;
    return json;
}

/// The first 200 of the directory, in microseconds since the epoch.
int await(const Options& options) {
    const auto context = make_tls_context();
    const Url server = Url::parse(options.directory);
    for (const auto start = Steady::now(); seconds_since(start) < options.seconds;) {
        try {
            Wire wire(context, server.host, server.port, options.timeout);
            if (wire.exchange("GET", server.path, "").status == 200) {
                const auto now = std::chrono::system_clock::now().time_since_epoch();
                std::cout << std::chrono::duration_cast<std::chrono::microseconds>(now).count() << '\n';
                return 0;
            }
        } catch (const base::Error&) {
        }
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    std::cerr << "acmeload: no directory at " << options.directory << '\n';
    return 1;
}

int run(const Options& options) {
    if (options.awaiting) return await(options);
    const auto context = make_tls_context();
    const Url server = Url::parse(options.directory);
    Wire wire(context, server.host, server.port, options.timeout);
    const Directory directory = read_directory(wire, server.path);
    Run state(options);
    state.running = options.clients;
    std::vector<std::jthread> clients;
    for (int i = 0; i < options.clients; ++i) {
        clients.emplace_back([&] { drive(state, server, directory, context); });
    }
    state.ready.wait();
    const Clock clock = watch(state);
    clients.clear();  // joins
    std::cout << report(state, clock).dump() << '\n';
    return state.errors.empty() ? 0 : 1;
}

}  // namespace
}  // namespace signet::bench

int main(int count, char** words) {
    try {
        return signet::bench::run(signet::bench::parse_options(count, words));
    } catch (const signet::bench::Failure& failure) {
        std::cerr << "acmeload: " << failure.what << '\n';
    } catch (const signet::base::Error& error) {
        std::cerr << "acmeload: " << error.message() << '\n' << signet::bench::k_usage;
    }
    return 2;
}
