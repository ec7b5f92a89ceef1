#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/context.h"
#include "inspect/expiry.h"
#include "x509/certificate.h"

namespace signet::cli {

/// One thing that `status` looked at: a certificate, or why there is none to see.
struct StatusItem {
    std::string target;  // what it is called: as it was named, or its directory's name in the store
    std::string kind;    // "saved", "authority", "file", "endpoint", "crl", "notify"
    std::optional<x509::Certificate> certificate = {};        // of several the one that ends first
    std::size_t certificates = 1;                             // how many there are
    std::optional<std::string> authority = {}, profile = {};  // of those of this store
    std::string source = {};                                  // likewise
    bool revoked = false;
    inspect::Health health = inspect::Health::unknown;
    inspect::Limits limits = {};
    std::optional<base::Time> due = {};     // when its renewal is due
    std::string next = {};                  // what then happens; empty: nothing that signet knows of
    bool refused = false;                   // that is: its renewal is refused
    std::optional<base::Error> error = {};  // it could not be looked at
};

/// What the words name: files, directories of certificates, host:port. What cannot be looked at becomes an item with
/// its error; an endpoint of that kind is critical, anything else unknown.
std::vector<StatusItem> items_of(const Context& context, const std::vector<std::string>& words,
                                 const inspect::WantedLimits& wanted);
/// The saved certificates and the authorities of the store, what ends first in front. Throws as Store::open does.
std::vector<StatusItem> items_of_store(const Context& context, const inspect::WantedLimits& wanted);

}  // namespace signet::cli
