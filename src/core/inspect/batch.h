#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace signet::inspect {

/// `verify --batch`: one JSON object a line in, one a line out, in order. What lines share (trust anchors, CA
/// certificates, their keys and the signatures between them) is decoded and verified once, within bounds. Not
/// thread-safe.
class BatchVerifier {
public:
    explicit BatchVerifier(base::Time now);
    ~BatchVerifier();
    /// {"id","valid","reason"} in one line. A line that cannot be used is not valid; never throws for what it says.
    std::string verdict(std::string_view line);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace signet::inspect
