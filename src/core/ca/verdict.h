#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace signet::ca {

/// What the rules of policy find on their way: every reason against, and what the requester should know.
struct Verdict {
    std::vector<base::ErrorPart> refusals;
    std::vector<std::string> notes;

    void refuse(std::string identifier, base::Kind kind, std::string message, std::string remedy = {}) {
        refusals.push_back({std::move(identifier), kind, std::move(message), std::move(remedy)});
    }
};

}  // namespace signet::ca
