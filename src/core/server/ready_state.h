#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace signet::server {

/// What /ready last found, kept for two seconds: a probe writes to the store, and whoever asks often must not write
/// often. One looks at a time; others get what was found before. Thread-safe.
class ReadyState {
public:
    using Reasons = std::vector<std::string>;
    Reasons reasons(base::Time now, const std::function<Reasons()>& look);

private:
    std::mutex looking_, mutex_;  // in this order
    std::optional<Reasons> found_;
    base::Time found_at_{};
};

}  // namespace signet::server
