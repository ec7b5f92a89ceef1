#pragma once

#include <string_view>

namespace signet::server {

/// The store's note of where serve-acme was last ready: what a token without --server points at.
inline constexpr std::string_view k_directory_url = "serve.directory_url";

/// And by which external URL it then went, where --external-url said so rather than signet.toml; empty: it did not.
inline constexpr std::string_view k_external_url = "serve.external_url";

/// A line for systemd ("READY=1"), by one datagram to NOTIFY_SOCKET; nothing when there is none (sd_notify(3)).
void notify_service_manager(std::string_view line);

}  // namespace signet::server
