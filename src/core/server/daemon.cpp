#include "server/daemon.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <future>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/file_watch.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/http_server.h"
#include "server/audit_export.h"
#include "server/front_metrics.h"
#include "server/hosts.h"
#include "server/live_resolver.h"
#include "server/notify_worker.h"
#include "server/readiness.h"
#include "server/self_certificate.h"
#include "server/service_manager.h"
#include "server/waiting_places.h"
#include "store/compromised_keys.h"
#include "store/meta.h"
#include "store/sweep.h"

namespace signet::server {
namespace {

using namespace std::chrono_literals;

// Workers wait for the group commit most of the time: more of them make larger groups, not more load.
constexpr std::size_t k_workers = 32;
static_assert(WaitingLimits{}.places + WaitingLimits{}.crowd < int{k_workers}, "some workers never wait for others");
// On a listener that takes no ACME: OCSP requests are the largest that come.
constexpr std::size_t k_small_body = 16 << 10;
constexpr auto k_tick = 500ms;     // how soon a changed file is seen
constexpr auto k_upkeep = 60s;     // own certificate, rows that ended
constexpr auto k_grace = 3s;       // for requests that run when the server is stopped
constexpr auto k_stop_limit = 9s;  // for all of it
constexpr int k_sweep_rows = 200;
constexpr auto k_sweep_share = 250ms;  // of each tick, while there is more to sweep

void prepare_process() {
    ::umask(077);
#ifdef M_ARENA_MAX
    // Left alone, glibc makes up to eight heaps a processor, each with unused memory of its own; threads here mostly
    // wait.
    ::mallopt(M_ARENA_MAX, static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2U, 64U)));
#endif
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);  // a lower one only serves fewer at once
    }
}

// Blocked everywhere and waited for in one place. They stay blocked: the process ends with its server.
sigset_t block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return set;
}

// The signal that came, or 0 after a tick.
int next_signal(const sigset_t& set) {
    const timespec tick{0, std::chrono::nanoseconds(k_tick).count()};
    return std::max(0, ::sigtimedwait(&set, nullptr, &tick));
}

// A socket of systemd stands for the address in the settings, which is then not looked at.
std::vector<net::ListenerSettings> listeners(const Settings& settings) {
    const auto inherited = inherited_sockets();
    std::vector<net::ListenerSettings> result{{settings.listen, true, inherited.https}};
    if (!settings.http_listen.empty() || inherited.http >= 0) {
        result.push_back({settings.http_listen, false, inherited.http});
    }
    return result;
}

/// Says WATCHDOG=1 to systemd as often as it asks for; called from the loop, so that it stops when the loop hangs.
class Watchdog {
public:
    void look() {
        const auto now = std::chrono::steady_clock::now();
        if (!interval_ || now < next_) return;
        next_ = now + *interval_;
        notify_service_manager("WATCHDOG=1");
    }

private:
    const std::optional<std::chrono::microseconds> interval_ = watchdog_interval();
    std::chrono::steady_clock::time_point next_{};
};

std::string ready_url(const Settings& settings, int port) {
    const Hosts hosts(settings);
    return net::Url{"https", hosts.first(), "/acme/directory", port}.text();
}

// Keys that have changed and that a running server goes on without.
std::string needs_restart(const Settings& before, const Settings& after) {
    std::string keys;
    const auto compare = [&](std::string_view key, const std::string& old, const std::string& now) {
        if (old != now) keys += (keys.empty() ? "" : ", ") + std::string(key);
    };
    compare("listen", before.listen, after.listen);
    compare("http_listen", before.http_listen, after.http_listen);
    return keys;
}

/// Ends the process some time after `begin`. Its thread is made at the start, when there is one to be had, and outlives
/// everything: what hangs in a resolver may hang in a destructor too.
class StopLimit {
public:
    StopLimit() {
        try {
            std::thread(wait, begun_.get_future()).detach();
        } catch (const std::system_error& error) {
            throw base::Error{base::Kind::environment, std::string("cannot start a thread: ") + error.what(),
                              "raise the limit of processes (ulimit -u) or of tasks (TasksMax= of systemd)"};
        }
    }
    void begin() { begun_.set_value(true); }

private:
    static void wait(std::future<bool> begun) {
        try {
            begun.get();
        } catch (const std::future_error&) {  // the server did not come to its start
            return;
        }
        std::this_thread::sleep_for(k_stop_limit);
        ::_exit(0);
    }
    std::promise<bool> begun_;
};

class Daemon {
public:
    explicit Daemon(const DaemonRequest& request)
        : request_(request),
          lock_(request.store.lock("serve-acme")),
          watch_(request.settings_file),
          current_(request.load()),
          started_with_(current_.settings),
          resolver_(request.make_resolver(current_.settings.resolver)),
          authorities_(request.store.layout(), request.clock, request.keys, k_tick),
          issuer_(request.store, authorities_, request.clock, request.random),
          self_(issuer_, request.clock),
          notify_(request.store, request.clock, request.make_transport),
          audit_export_(request.store) {
        issuer_.set_public_http_url(current_.settings.public_http_url);
        app_ = std::make_unique<App>(request.store, authorities_, issuer_, request.clock, request.random, resolver_,
                                     current_);
        http_ = std::make_unique<net::HttpServer>(
            listeners(current_.settings), [this](const net::Request& r) { return app_->handle(r); }, k_workers,
            net::HttpLimits{},
            [this](const net::Request& r, int status, const std::string& why) { return app_->refuse(r, status, why); });
        audit_export_.configure(current_.settings.audit_export);
        app_->set_more_metrics([this](base::MetricsText& out) { write_front_metrics(out, *http_, self_.not_after()); });
    }

    void start() {
        note_settings();
        notify_.configure(current_.settings.notify);
        limit_bodies();
        guarded("keys that were revoked as compromised are looked for again", [&] { catch_up(); });
        app_->start([&](const Work& enter) { certify_itself(enter); });
        notify_.start();
        http_->start();
        const auto url = ready_url(current_.settings, http_->port(0));
        request_.store.write([&](store::Transaction& transaction) {
            store::put_meta(transaction, k_directory_url, base::bytes_of(url));
            const auto& settings = current_.settings;
            store::put_meta(transaction, k_external_url,
                            base::bytes_of(settings.external_url_given ? settings.external_url : std::string{}));
        });
        log_listeners();
        request_.announce(url);
        notify_service_manager("READY=1");
    }

    void loop(const sigset_t& signals) {
        auto upkeep = request_.clock.now();
        while (true) {
            const int signal = next_signal(signals);
            if (signal == SIGTERM || signal == SIGINT) return;
            watchdog_.look();
            if (watch_.changed() || signal == SIGHUP) reload();
            if (more_to_catch_up_) guarded("upkeep", [&] { catch_up(); });
            if (more_to_sweep_) guarded("upkeep", [&] { sweep(); });
            guarded("the server's own certificate", [&] {
                if (self_.outdated()) renew_own_certificate();
            });
            if (request_.clock.now() < upkeep) continue;
            upkeep = request_.clock.now() + k_upkeep;
            guarded("the server's own certificate is not renewed", [&] { renew_own_certificate(); });
            guarded("upkeep", [&] {
                app_->upkeep();
                sweep();
                base::release_idle_memory();
            });
        }
    }

    void stop() {
        notify_service_manager("STOPPING=1");
        base::log(base::Level::info, "stopping");
        // A validation that hangs in a resolver must not hold up the stop; it is taken up again after the next start.
        stop_limit_.begin();
        http_->stop(k_grace);
        app_->stop();
        notify_.stop();
    }

private:
    using Work = std::function<void(store::Transaction&)>;

    static void guarded(std::string_view what, const std::function<void()>& work) {
        try {
            work();
        } catch (const base::Error& error) {
            base::log(base::Level::error, what,
                      {{"reason", error.message()}, {"where", error.where()}, {"hint", error.hint()}});
        } catch (const std::exception& error) {
            base::log(base::Level::error, what, {{"reason", error.what()}});
        }
    }

    void log_listeners() {
        base::log(base::Level::info, "listening",
                  {{"https_port", std::to_string(http_->port(0))},
                   {"http_port", http_->listeners() < 2 ? std::string("-") : std::to_string(http_->port(1))}});
    }

    void limit_bodies() {
        if (http_->listeners() < 2) return;
        const bool acme = current_.settings.insecure_http_acme;
        http_->limit_bodies(1, acme ? net::HttpLimits{}.body_bytes : k_small_body);
    }

    void use(const std::optional<net::TlsIdentity>& identity) {
        if (!identity) return;
        http_->set_identity(*identity);
        base::log(base::Level::info, "the server's own certificate is new");
    }

    void renew_own_certificate() { use(self_.renew_if_due(current_)); }

    // The first one, in the transaction of what else the start enters: each commit waits for the disk. On their own
    // where the CA can sign none.
    void certify_itself(const Work& enter) {
        bool entered = false;
        const auto identity = self_.renew_if_due(current_, [&](store::Transaction& transaction) {
            enter(transaction);
            entered = true;
        });
        if (!entered) request_.store.write(enter);
        use(identity);
    }

    void sweep() {
        const auto now = request_.clock.now();
        more_to_sweep_ = sweep_in_steps([&](store::Transaction& transaction) {
            return store::sweep(transaction, base::to_unix(now), k_sweep_rows);
        });
        const auto keep = current_.settings.keep_expired;
        if (!keep) return;
        more_to_sweep_ |= sweep_in_steps([&](store::Transaction& transaction) {
            return store::sweep_certificates(transaction, base::to_unix(now - *keep), k_sweep_rows);
        });
    }

    // With what a server of an older version revoked that served this store until now.
    void catch_up() {
        const auto now = base::to_unix(request_.clock.now());
        more_to_catch_up_ = sweep_in_steps([&](store::Transaction& transaction) {
            return store::catch_up_with_compromised_keys(transaction, now, k_sweep_rows);
        });
    }

    // True when its share of the time was not enough: the next tick goes on.
    bool sweep_in_steps(const std::function<int(store::Transaction&)>& step) {
        const auto end = std::chrono::steady_clock::now() + k_sweep_share;
        do {
            int removed = 0;
            request_.store.write([&](store::Transaction& transaction) { removed = step(transaction); });
            if (removed < k_sweep_rows) return false;
        } while (std::chrono::steady_clock::now() < end);
        return true;
    }

    // A file that vanished, or was cut to nothing on its way to the disk, is no wish to go on without settings.
    void require_stated(const Configuration& next) const {
        if (!current_.stated || next.stated) return;
        throw base::Error{base::Kind::bad_input, request_.settings_file.string() + " is gone or empty",
                          "put it back; without it, a restart goes on with the built-in settings"};
    }

    // What cannot be written down now is noted later: the next look compares with what was noted last.
    void note_settings() {
        guarded("a change of the settings is not in the audit log yet", [&] { request_.note_settings(); });
    }

    void reload() {
        const ReloadNotice notice;
        guarded("the settings cannot be used; those in force stay", [&] {
            auto next = request_.load();
            require_stated(next);
            note_settings();
            if (const auto keys = needs_restart(started_with_, next.settings); !keys.empty()) {
                base::log(base::Level::warning, "changed settings that take effect after a restart", {{"keys", keys}});
            }
            std::unique_ptr<net::Resolver> resolver;
            if (next.settings.resolver != current_.settings.resolver)
                resolver = request_.make_resolver(next.settings.resolver);
            current_ = std::move(next);  // nothing that may refuse it comes after this
            if (resolver) resolver_.set(std::move(resolver));
            issuer_.set_public_http_url(current_.settings.public_http_url);
            app_->configure(current_);
            limit_bodies();
            notify_.configure(current_.settings.notify);
            audit_export_.configure(current_.settings.audit_export);
            renew_own_certificate();
            base::log(base::Level::info, "settings read again");
        });
    }

    const DaemonRequest& request_;
    base::FileLock lock_;
    StopLimit stop_limit_;
    Watchdog watchdog_;
    bool more_to_sweep_ = false, more_to_catch_up_ = true;
    base::FileWatch watch_;  // looked at before the file is read: no edit is missed
    Configuration current_;
    const Settings started_with_;
    LiveResolver resolver_;
    ca::Authorities authorities_;
    ca::Issuer issuer_;
    SelfCertificate self_;
    NotifyWorker notify_;
    AuditExport audit_export_;
    std::unique_ptr<App> app_;
    std::unique_ptr<net::HttpServer> http_;  // last: its threads use all of the above
};

}  // namespace

void run_daemon(const DaemonRequest& request) {
    prepare_process();
    const auto signals = block_signals();
    Daemon daemon(request);
    daemon.start();
    daemon.loop(signals);
    daemon.stop();
}

}  // namespace signet::server
