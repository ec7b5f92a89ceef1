#include <algorithm>

#include "inspect/drill.h"
#include "x509/path.h"

namespace signet::inspect {

bool DrillReport::somebody_refused() const {
    return std::any_of(peers.begin(), peers.end(),
                       [](const DrillPeer& peer) { return !peer.accepted && !peer.expected; });
}

DrillPeer ask_peer(std::string phase, std::string anchors_of, const std::vector<x509::Certificate>& anchors,
                   std::string leaf_of, const DrillHolder& shown, base::Time at) {
    DrillPeer answer{std::move(phase), std::move(anchors_of), std::move(leaf_of), false, {}, false};
    const auto result = x509::validate_path({.leaf = shown.leaf,
                                             .intermediates = shown.chain,
                                             .anchors = anchors,
                                             .at = at,
                                             .purpose = x509::Purpose::any,
                                             .max_depth = {}});
    answer.accepted = result.valid();
    if (!answer.accepted) answer.reason = result.findings.front().message;
    return answer;
}

}  // namespace signet::inspect
