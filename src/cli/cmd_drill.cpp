#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "inspect/drill.h"
#include "store/store.h"

namespace signet::cli {
namespace {

struct Words {
    std::string action;
    std::string name = "default";
};

inspect::Drill drill_of(const std::string& action) {
    if (action == "rotate") return inspect::Drill::rotate;
    return action == "rotate-root" ? inspect::Drill::rotate_root : inspect::Drill::revoke_all;
}

base::Json json_of(const inspect::DrillReport& report, const Words& words) {
    base::Json events = base::Json::array(), peers = base::Json::array();
    for (const auto& event : report.events)
        events.push_back(
            {{"at", base::format_time(event.at)}, {"what", event.what}, {"moved", event.moved}, {"left", event.left}});
    for (const auto& peer : report.peers)
        peers.push_back({{"phase", peer.phase},
                         {"anchors", peer.anchors},
                         {"certificate", peer.certificate},
                         {"accepted", peer.accepted},
                         {"expected", peer.accepted || peer.expected},
                         {"reason", peer.accepted ? base::Json(nullptr) : base::Json(peer.reason)}});
    return {{"drill", words.action},
            {"name", words.name},
            {"begins", base::format_time(report.begins)},
            {"certificates", report.certificates},
            {"revoked", report.revoked},
            {"all_moved", base::format_time(report.all_moved)},
            {"last_end", base::format_time(report.last_end)},
            {"crl", report.crl_bytes == 0 ? base::Json(nullptr)
                                          : base::Json{{"entries", report.crl_entries}, {"bytes", report.crl_bytes}}},
            {"events", std::move(events)},
            {"peers", std::move(peers)},
            {"refused", report.somebody_refused()},
            {"changed", false}};
}

std::string verdict(const inspect::DrillPeer& peer) {
    if (peer.accepted) return "accepted";
    return (peer.expected ? "refused, as is meant: " : "REFUSED: ") + peer.reason;
}

void print(Output& out, const inspect::DrillReport& report, const Words& words) {
    out.line("a drill of " + words.action + " for the CA " + words.name + "; nothing is changed");
    const std::string revoked = report.revoked == 0 ? "" : ", " + std::to_string(report.revoked) + " of them revoked";
    out.facts({{"certificates that live", std::to_string(report.certificates) + revoked},
               {"all are replaced by", base::format_time(report.all_moved)},
               {"the last one ends at", base::format_time(report.last_end)},
               {"CRL", report.crl_bytes == 0 ? std::string()
                                             : std::to_string(report.crl_entries) + " entries, " +
                                                   std::to_string(report.crl_bytes) + " bytes"}});
    std::vector<std::vector<std::string>> events, peers;
    for (const auto& event : report.events)
        events.push_back(
            {base::format_time(event.at), std::to_string(event.moved), std::to_string(event.left), event.what});
    out.table({"WHEN", "REPLACED", "LEFT", "WHAT"}, events);
    for (const auto& peer : report.peers) peers.push_back({peer.phase, peer.anchors, peer.certificate, verdict(peer)});
    out.table({"PHASE", "A PEER WITH ANCHORS", "SHOWN A CERTIFICATE", "SAYS"}, peers);
    out.line(report.somebody_refused() ? "some peers would refuse others"
                                       : "no peer of this CA would refuse another at any moment");
}

int run(Context& context, const Words& words) {
    const auto store = store::Store::open(context.store());
    const auto report =
        inspect::play(*store, words.name, drill_of(words.action), context.seams.clock.now(), context.seams.random);
    if (context.out.json())
        context.out.document(json_of(report, words));
    else
        print(context.out, report, words);
    return k_exit_done;
}

constexpr auto k_description =
    "Plays a rotation (`ca rotate`), the rotation of a root (`ca rotate --root`), or the revocation of every "
    "certificate of a CA, on a copy of the store with simulated time, and says what happens when, to how many "
    "certificates, and whether any peer would refuse another at any moment. The copy has throw-away keys, lies in a "
    "directory of its own (TMPDIR, else /tmp), and is gone afterwards; no key of the store is read, nothing in it is "
    "changed.\n\n"
    "Each certificate that lives now (as `ca show` counts them) is taken to be renewed when renewal information says "
    "so, but for revoked ones. One that nobody renews lives to its end: \"the last one ends at\"; before that `ca "
    "retire` refuses. Peers are asked by path validation (RFC 5280 section 6): everyone "
    "everyone, with certificates and anchors of before and of after, at the beginning, in the middle, when all are "
    "replaced, and after the former CA is retired; for a new root also peers that have one of the two roots alone. A "
    "refusal that is meant (of what is revoked, with an anchor that was retired) is told as such.\n\n"
    "revoke-all measures the CRL, too. An ACME client learns from renewal information that it is time; certificates "
    "of the store itself are renewed with `signet renew --force`.\n\n"
    "With --json: drill, name, begins, certificates, revoked (of these), all_moved, last_end, crl (entries, bytes), "
    "events[] (at, what, "
    "moved, left), peers[] (phase, anchors, certificate, accepted, expected, reason), refused and changed (false).";

}  // namespace

Command drill_command() {
    auto words = std::make_shared<Words>();
    return {.name = "drill",
            .summary = "play a rotation or a revocation on a copy of the store",
            .description = k_description,
            .arguments = {{.label = "ACTION",
                           .text = "rotate, rotate-root or revoke-all",
                           .target = &words->action,
                           .required = true,
                           .values = {"rotate", "rotate-root", "revoke-all"}},
                          {.label = "NAME",
                           .text = "the CA; default: default",
                           .target = &words->name,
                           .complete = Complete::authority}},
            .examples = {{"signet drill rotate-root", "what a new root would do to this fleet"},
                         {"signet drill revoke-all --json | jq .crl", "how large the CRL would be"}},
            .exit_codes = {{k_exit_done, "played; the report tells how it went"},
                           {k_exit_refused, "the operation itself would be refused"},
                           {k_exit_usage, "wrong usage"},
                           {k_exit_environment, "no store, no such CA"}},
            .see_also = {"ca rotate", "ca retire", "revoke"},
            .reads_environment = false,
            .run = [words](Context& context) { return run(context, *words); }};
}

}  // namespace signet::cli
