#include "inspect/drill.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <set>

#include "base/error.h"
#include "ca/ceremony_copy.h"
#include "ca/generations.h"
#include "ca/issuer.h"
#include "ca/policy.h"
#include "ca/renewal_window.h"
#include "ca/rotation.h"
#include "store/inventory.h"

namespace signet::inspect {
namespace {

using base::Error;
using base::Kind;

constexpr int k_rows_at_once = 1000;

class SimulatedClock final : public base::Clock {
public:
    explicit SimulatedClock(base::Time start) : now_(start) {}
    base::Time now() const override { return now_; }
    base::Duration steady() const override { return now_.time_since_epoch(); }  // it never goes back
    bool wait_until(base::Time when, std::stop_token stop) override {
        set(when);
        return !stop.stop_requested();
    }
    void set(base::Time time) { now_ = std::max(now_, time); }

private:
    base::Time now_;
};

/// A directory that is gone afterwards.
class Playground {
public:
    Playground() {
        std::string name = (std::filesystem::temp_directory_path() / "signet-drill-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) base::throw_errno(errno, "make", name);
        path_ = name;
    }
    ~Playground() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Playground(const Playground&) = delete;
    Playground& operator=(const Playground&) = delete;
    base::Path store() const { return path_ / "store"; }

private:
    base::Path path_;
};

/// The CA's copy, with all that is needed to let it act.
struct Copy {
    Playground playground;
    std::unique_ptr<store::Store> store;
    SimulatedClock clock;
    base::Random& random;
    ca::Authorities authorities;
    ca::Issuer issuer;
    std::string name;

    Copy(const ca::AuthorityFiles& files, base::Time now, base::Random& r)
        : store(store::Store::create(playground.store())),
          clock(now),
          random(r),
          authorities(store->layout(), clock),
          issuer(*store, authorities, clock, random),
          name(files.name) {
        ca::copy_with_throwaway_keys(files, store->layout(), random);
    }
    ca::AuthorityFiles files() const { return ca::read_authority_files(store->layout(), name); }
};

/// What lives when the drill begins.
struct Living {
    std::vector<std::int64_t> moves;  // when each is renewed
    std::int64_t last_end = 0, revoked = 0;
    std::vector<std::string> names;  // of one of them: what the CA may certify
};

/// Which rows it is about: those that `ca show` counts, of the issuing CAs; with `roots` of the roots, too.
class Concerned {
public:
    Concerned(store::Transaction& transaction, const ca::AuthorityFiles& files, bool roots)
        : own_(ca::own_serials(transaction, files)) {
        for (const x509::Certificate& signer : files.leaf_signers()) signers_.insert(ca::authority_id(signer));
        if (!roots) return;
        signers_.insert(ca::authority_id(files.root));
        for (const ca::FormerCa& root : files.former_roots) signers_.insert(root.id);
    }
    bool operator()(const store::CertificateRecord& record) const {
        return record.profile != ca::k_responder_profile && signers_.contains(record.issuer_id) &&
               !own_.contains(record.serial);
    }

private:
    std::set<std::string, std::less<>> own_, signers_;
};

std::int64_t moves_at(store::CertificateRecord record, Drill drill, std::int64_t now,
                      const std::map<std::string, std::int64_t, std::less<>>& replaced) {
    if (drill == Drill::revoke_all) {
        // Its window is past from now on: whoever holds it learns so the next time that he asks.
        const auto since_window = ca::renewal_window(record, now);
        const auto pause = ca::ask_again_after(record);
        return now + (since_window.start > now ? (since_window.start - now) % pause : pause);
    }
    const auto former = replaced.find(record.issuer_id);
    const auto window = ca::renewal_window(record, former == replaced.end() ? now : former->second);
    return std::max(window.start, now);
}

void walk(store::Store& store, store::InventoryFilter filter,
          const std::function<void(const store::CertificateRecord&)>& visit) {
    store::Inventory inventory(std::move(filter));
    while (!inventory.at_end()) {
        const auto rows =
            store.query([&](store::Transaction& transaction) { return inventory.next(transaction, k_rows_at_once); });
        for (const auto& row : rows) visit(row);
    }
}

Living look_at(store::Store& store, const ca::AuthorityFiles& files, Drill drill, std::int64_t now) {
    Living living;
    const auto replaced = store.query([&](store::Transaction& transaction) { return replaced_at(transaction, files); });
    const auto concerned = store.query(
        [&](store::Transaction& transaction) { return Concerned(transaction, files, drill != Drill::rotate); });
    store::InventoryFilter of_this_ca;
    of_this_ca.authority = files.name;
    auto filter = of_this_ca;
    filter.ending = {now, std::numeric_limits<std::int64_t>::max()};
    walk(store, filter, [&](const store::CertificateRecord& row) {
        if (!concerned(row)) return;
        living.moves.push_back(moves_at(row, drill, now, replaced));
        living.last_end = std::max(living.last_end, row.not_after);
        if (living.names.empty()) living.names = row.names;
    });
    filter = of_this_ca;
    filter.revoked = true;
    walk(store, filter, [&](const store::CertificateRecord& row) {
        if (row.not_after < now || !concerned(row)) return;
        ++living.revoked;
        living.last_end = std::max(living.last_end, row.not_after);
    });
    std::sort(living.moves.begin(), living.moves.end());
    return living;
}

/// A certificate as a peer would have it now. `until`: that it lives as long as the drill needs it.
DrillHolder enrol(Copy& copy, const Living& living, base::Time until) {
    ca::Profile profile = ca::ready_made_profiles().at("default");
    profile.ca = copy.name;
    const auto now = copy.clock.now();
    const auto left = copy.files().signer().not_after() - now;
    profile.max_validity = std::max<base::Duration>(until - now, std::chrono::hours(1)) + std::chrono::hours(24);
    profile.default_validity = std::min<base::Duration>(profile.max_validity, left);
    std::vector<x509::Identifier> names;
    for (const std::string& name : living.names) names.push_back(x509::Identifier::parse(name));
    if (names.empty()) names.push_back(x509::Identifier::dns("drill.internal"));
    const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256);
    auto issued = copy.issuer.issue({.profile = profile,
                                     .names = std::move(names),
                                     .public_key = key.public_key(),
                                     .requester = ca::Operator{"drill"}});
    return {issued.certificate, std::move(issued.chain), std::move(issued.anchors)};
}

void add_progress(DrillReport& report, const Living& living) {
    const auto count = static_cast<std::int64_t>(living.moves.size());
    const auto moved_at = [&](int percent) { return (count * percent + 99) / 100; };
    constexpr int k_percents[] = {10, 25, 50, 75, 90, 100};
    for (std::size_t i = 0; i < std::size(k_percents); ++i) {
        const auto moved = moved_at(k_percents[i]);
        const bool last = i + 1 == std::size(k_percents);
        if (moved == 0 || (!last && moved_at(k_percents[i + 1]) == moved)) continue;
        const auto at = base::from_unix(living.moves[static_cast<std::size_t>(moved - 1)]);
        report.events.push_back(
            {at, std::to_string(k_percents[i]) + " % of the certificates are replaced", moved, count - moved});
    }
    if (count > 0) report.all_moved = base::from_unix(living.moves.back());
}

/// Everyone asks everyone, holders of certificates of before and of after.
void ask_all(DrillReport& report, const std::string& phase, const std::vector<std::pair<std::string, DrillHolder>>& all,
             base::Time at) {
    for (const auto& [who, holder] : all)
        for (const auto& [whom, shown] : all)
            report.peers.push_back(ask_peer(phase, "of " + who, holder.anchors, "of " + whom, shown, at));
}

/// Peers with one root alone: somebody else's trust store. What they refuse once the old root is gone is meant.
void ask_outsiders(DrillReport& report, const std::string& phase, const x509::Certificate& old_root,
                   const x509::Certificate& new_root, const std::vector<std::pair<std::string, DrillHolder>>& all,
                   base::Time at, bool old_retired) {
    for (const auto& [whom, shown] : all) {
        auto old_alone = ask_peer(phase, "the former root alone", {old_root}, "of " + whom, shown, at);
        old_alone.expected = old_retired;
        report.peers.push_back(std::move(old_alone));
        auto new_alone = ask_peer(phase, "the new root alone", {new_root}, "of " + whom, shown, at);
        // A certificate of before is sent with what was beside it then: its holder renews, or sends the
        // cross-certificate.
        new_alone.expected = whom == "before";
        report.peers.push_back(std::move(new_alone));
    }
}

void play_rotation(Copy& copy, Drill drill, const Living& living, DrillReport& report) {
    const auto begins = report.begins;
    const auto late = std::max(report.all_moved, begins) + std::chrono::hours(1);
    const auto before = enrol(copy, living, late);
    const auto old = copy.files();
    ask_all(report, "before", {{"before", before}}, begins);
    ca::RotateRequest request;
    request.name = copy.name;
    request.root = drill == Drill::rotate_root;
    ca::rotate_authority(*copy.store, request, copy.clock, copy.random);
    const auto now_there = copy.files();
    const bool new_root = !(now_there.root == old.root);
    report.events.insert(report.events.begin(),
                         {begins,
                          new_root ? "a new root and a new issuing CA are in force; both roots are anchors"
                                   : "a new issuing CA is in force",
                          0, report.certificates - report.revoked});
    const auto after = enrol(copy, living, late);
    for (const auto& [phase, at] :
         {std::pair<std::string, base::Time>{"moving", begins + (report.all_moved - begins) / 2},
          {"moved", report.all_moved}}) {
        copy.clock.set(at);
        const std::vector<std::pair<std::string, DrillHolder>> all{{"before", before}, {"after", after}};
        ask_all(report, phase, all, at);
        if (new_root) ask_outsiders(report, phase, old.root, now_there.root, all, at, false);
    }
    copy.clock.set(late);
    ca::retire_ca(*copy.store, {ca::authority_id(new_root ? old.root : old.signer()), true, "drill"}, late);
    report.events.push_back(
        {std::max(report.all_moved, report.last_end),
         std::string("the former ") + (new_root ? "root" : "issuing CA") + " may be retired: signet ca retire",
         report.certificates - report.revoked, 0});
    const std::vector<std::pair<std::string, DrillHolder>> left{{"after", enrol(copy, living, late)}};
    ask_all(report, "retired", left, late);
    if (new_root) ask_outsiders(report, "retired", old.root, now_there.root, left, late, true);
}

/// The CRL that would have to be signed, sent and kept: measured, not estimated.
void measure_crl(Copy& copy, DrillReport& report) {
    const auto authority = copy.authorities.get(copy.name);
    const auto now = copy.clock.now();
    const auto crl = authority->sign_crl(authority->issuing_id(), {1, now, now + std::chrono::hours(24 * 7)},
                                         static_cast<std::size_t>(report.certificates), [&](x509::CrlBuilder& builder) {
                                             base::Bytes serial(17);
                                             for (std::int64_t i = 0; i < report.certificates; ++i) {
                                                 copy.random.fill(serial);
                                                 serial[0] = 0x40;
                                                 builder.add(serial, now, 4);
                                             }
                                         });
    report.crl_entries = report.certificates;
    report.crl_bytes = static_cast<std::int64_t>(crl.size());
}

void play_revocation(Copy& copy, const Living& living, DrillReport& report) {
    const auto late = std::max(report.all_moved, report.begins) + std::chrono::hours(1);
    const auto before = enrol(copy, living, late), after = enrol(copy, living, late);
    measure_crl(copy, report);
    report.events.insert(
        report.events.begin(),
        {report.begins, "all are revoked: who asks for revocation refuses them until they are replaced", 0,
         report.certificates - report.revoked});
    report.peers.push_back({"before", "of before", "of before", true, {}, false});
    // Path validation asks nobody about revocation; a peer that does refuses by what the CRL says.
    report.peers.push_back({"moving", "of before", "of before", false, "it is revoked", true});
    report.peers.push_back(ask_peer("moved", "of after", after.anchors, "of after", after, report.all_moved));
    report.peers.push_back(ask_peer("moved", "of before", before.anchors, "of after", after, report.all_moved));
}

}  // namespace

DrillReport play(store::Store& store, const std::string& authority, Drill drill, base::Time now, base::Random& random) {
    const auto files = ca::read_authority_files(store.layout(), authority);
    if (drill == Drill::rotate && !files.issuing)
        throw Error{Kind::refused, "the root of the CA '" + authority + "' signs leafs itself",
                    "signet drill rotate-root"};
    const Living living = look_at(store, files, drill, base::to_unix(now));
    DrillReport report;
    report.begins = base::from_unix(base::to_unix(now));
    report.all_moved = report.begins;
    report.revoked = living.revoked;
    report.certificates = static_cast<std::int64_t>(living.moves.size()) + living.revoked;
    report.last_end = living.last_end == 0 ? report.begins : base::from_unix(living.last_end);
    add_progress(report, living);
    Copy copy(files, report.begins, random);
    if (drill == Drill::revoke_all)
        play_revocation(copy, living, report);
    else
        play_rotation(copy, drill, living, report);
    return report;
}

}  // namespace signet::inspect
