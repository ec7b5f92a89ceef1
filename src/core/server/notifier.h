#pragma once

#include <stop_token>

#include "base/time.h"
#include "server/notify_delivery.h"
#include "server/notify_settings.h"
#include "store/store.h"

namespace signet::server {

/// What is done over the store from now on is to be told, when the settings say so: before the first act. Cheap when
/// nothing changes.
void begin_notifying(store::Store& store, const NotifySettings& settings);

/// Takes what happened into the queue, and brings to the receiver what is due: at least once each, in order for each
/// certificate, again after a failure, and given up after three days. Of several processes one at a time does. Used by
/// one thread.
class Notifier {
public:
    Notifier(store::Store& store, base::Clock& clock, MakeTransport make_transport);

    struct Round {
        int delivered = 0, failed = 0;
        bool more = false;  // there is more to do at once
    };
    /// The first one tries all that waits, whenever its turn were. Waits for another process so long at most, then does
    /// nothing.
    Round round(const NotifySettings& settings, std::chrono::milliseconds patience, const std::stop_token& stop);

private:
    bool collect_acts(const NotifySettings& settings);
    bool deliver_due(const NotifySettings& settings, const std::stop_token& stop, Round& round);
    void settle(const store::Notification& event, const std::string& error, Round& round);

    store::Store& store_;
    base::Clock& clock_;
    NotifyDelivery delivery_;
    bool first_ = true;
    base::Time look_at_ends_{};
    int failures_ = 0;  // in a row
};

}  // namespace signet::server
