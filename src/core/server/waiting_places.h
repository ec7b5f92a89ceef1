#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace signet::server {

/// Fewer than the server has workers: see WaitingPlaces.
struct WaitingLimits {
    int places = 24;
    int crowd = 4;  // that wait for a place
    std::chrono::milliseconds patience = std::chrono::milliseconds(200);
};

/// A request that waits for something outside the server (a program, name servers) keeps its worker meanwhile. All that
/// wait so share these places, whatever they wait for, so that some workers are always left for the other requests.
/// Thread-safe.
class WaitingPlaces {
public:
    explicit WaitingPlaces(WaitingLimits limits = {}) : limits_(limits) {}

    /// A place, for as long as it lives. Throws rate_limited when there is none.
    class Place {
    public:
        explicit Place(WaitingPlaces& places);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        WaitingPlaces& places_;
    };

private:
    const WaitingLimits limits_;
    std::mutex mutex_;
    std::condition_variable free_;
    int taken_ = 0, crowd_ = 0;
};

}  // namespace signet::server
