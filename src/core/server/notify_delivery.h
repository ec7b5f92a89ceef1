#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/transport.h"
#include "server/notify_settings.h"
#include "store/notifications.h"
#include "store/store.h"

namespace signet::server {

using MakeTransport = std::function<std::unique_ptr<net::Transport>(net::TransportSettings)>;

/// Brings one event to the receiver that the settings name. Used by one thread.
class NotifyDelivery {
public:
    NotifyDelivery(store::Store& store, MakeTransport make_transport);
    /// Empty when it was taken: the program ended with 0, the server answered 2xx. Else why not. Takes five seconds at
    /// most (a program that must be killed: seven).
    std::string deliver(const NotifySettings& settings, const store::Notification& event);

private:
    std::string post(const NotifySettings& settings, const store::Notification& event);

    store::Store& store_;
    MakeTransport make_transport_;
    std::unique_ptr<net::Transport> transport_;
};

/// "sha256=" and the HMAC-SHA-256 of the body in lower-case hex. The key is what the file holds but for a line end.
std::string notify_signature(const base::Path& key_file, std::string_view body);

}  // namespace signet::server
