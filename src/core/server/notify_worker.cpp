#include "server/notify_worker.h"

#include "base/error.h"
#include "base/log.h"
#include "store/notifications.h"

namespace signet::server {

namespace {

using namespace std::chrono_literals;

constexpr auto k_tick = 500ms;    // how soon the act of another process is seen
constexpr auto k_excuse = 30s;    // after an error of the store
constexpr auto k_patience = 0ms;  // another process tells already

void warn_if_readable(const base::Path& file) {
    if (file.empty()) return;
    const auto facts = base::file_facts(file);
    if (facts && (facts->mode & 077) != 0)
        base::log(base::Level::warning, "others can read the key of the events: chmod 600 it",
                  {{"file", file.string()}});
}

}  // namespace

NotifyWorker::NotifyWorker(store::Store& store, base::Clock& clock, MakeTransport make_transport)
    : store_(store), notifier_(store, clock, std::move(make_transport)) {}

void NotifyWorker::configure(const NotifySettings& settings) {
    begin_notifying(store_, settings);
    const bool begun =
        store_.query([](store::Transaction& transaction) { return store::notify_position(transaction).has_value(); });
    if (begun && !settings.configured())
        store_.write([](store::Transaction& transaction) { store::end_notifying(transaction); });
    const std::lock_guard guard(mutex_);
    if (settings_ == settings) return;
    settings_ = settings;
    warn_if_readable(settings.hmac_key_file);
    if (settings.configured() && !settings.url.empty() && settings.hmac_key_file.empty())
        base::log(base::Level::warning, "events are posted without a signature: set hmac_key_file of [notify]");
}

void NotifyWorker::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void NotifyWorker::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void NotifyWorker::work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::chrono::milliseconds pause = k_tick;
        try {
            if (tell(stop)) pause = 0ms;
        } catch (const base::Error& error) {
            base::log(base::Level::error, "events cannot be told", {{"reason", error.message()}});
            pause = k_excuse;
        }
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, pause, [] { return false; });
    }
}

bool NotifyWorker::tell(const std::stop_token& stop) {
    NotifySettings settings;
    {
        const std::lock_guard guard(mutex_);
        settings = settings_;
    }
    return notifier_.round(settings, k_patience, stop).more;
}

}  // namespace signet::server
