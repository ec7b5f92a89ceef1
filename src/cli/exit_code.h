#pragma once

#include "base/error.h"

namespace signet::cli {

constexpr int k_exit_done = 0;
constexpr int k_exit_refused = 1;        // policy, verification, wrong passphrase
constexpr int k_exit_usage = 2;          // wrong usage, unusable input
constexpr int k_exit_environment = 3;    // file, permission, store, port
constexpr int k_exit_network = 4;        // the network or the other side, worth a retry
constexpr int k_exit_not_in_effect = 5;  // done, but a hook failed or the service still shows the old certificate
constexpr int k_exit_renewed = 6;        // --detailed-exit-code only

int exit_code(base::Kind kind);

}  // namespace signet::cli
