#include "server/waiting_places.h"

#include "base/error.h"

namespace signet::server {

WaitingPlaces::Place::Place(WaitingPlaces& places) : places_(places) {
    const auto& limits = places_.limits_;
    std::unique_lock lock(places_.mutex_);
    const auto room = [&] { return places_.taken_ < limits.places; };
    bool turn = room();
    if (!turn && places_.crowd_ < limits.crowd) {
        ++places_.crowd_;
        turn = places_.free_.wait_for(lock, limits.patience, room);
        --places_.crowd_;
    }
    if (!turn) {
        throw base::Error{base::Kind::rate_limited, "too many requests wait for a program or for DNS",
                          "try again in a few seconds"};
    }
    ++places_.taken_;
}

WaitingPlaces::Place::~Place() {
    {
        const std::lock_guard lock(places_.mutex_);
        --places_.taken_;
    }
    places_.free_.notify_one();
}

}  // namespace signet::server
