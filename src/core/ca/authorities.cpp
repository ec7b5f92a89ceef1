#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <mutex>

#include "base/log.h"
#include "ca/authority.h"
#include "ca/authority_files.h"

namespace signet::ca {
namespace {

/// Enough of a file's facts to tell that it was replaced.
struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;
    std::int64_t changed_s = 0, changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
};
using Stamps = std::array<Stamp, 6>;
constexpr int k_attempts = 5;

Stamp stamp_of(const base::Path& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return {};
    // ctime: a chmod that opens the key to others is noticed too.
    return {facts.st_dev, facts.st_ino, facts.st_size, facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec};
}

Stamps stamps_of(const store::Layout& layout, const std::string& name) {
    return {stamp_of(layout.root_certificate(name)),
            stamp_of(layout.root_key(name)),
            stamp_of(layout.issuing_certificate(name)),
            stamp_of(layout.issuing_key(name)),
            stamp_of(layout.trusted(name)),
            stamp_of(layout.former(name))};
}

}  // namespace

struct Authorities::State {
    struct Loaded {
        Stamps stamps;
        std::shared_ptr<const Authority> authority;
        std::chrono::steady_clock::time_point looked;
    };
    const store::Layout& layout;
    base::Clock& clock;
    std::shared_ptr<KeyOpener> keys;
    const std::chrono::milliseconds look_every;
    std::mutex mutex;
    std::map<std::string, Loaded> loaded;

    std::shared_ptr<const Authority> load(const std::string& name) {
        try {
            return Authority::load(layout, name, clock.now(), keys);
        } catch (const KeyLocked& locked) {
            const auto row = loaded.find(name);
            if (row == loaded.end() || !same_ca(*row->second.authority, name)) throw;
            base::log(base::Level::warning,
                      "the keys of a CA were encrypted anew; the next start takes the new passphrase",
                      {{"ca", name}, {"reason", locked.message()}});
            return row->second.authority;
        }
    }
    /// Of this generation or of one before.
    bool same_ca(const Authority& authority, const std::string& name) const {
        const auto signers = read_authority_files(layout, name).leaf_signers();
        return std::find(signers.begin(), signers.end(), authority.issuing()) != signers.end();
    }
};

Authorities::Authorities(const store::Layout& layout, base::Clock& clock, std::shared_ptr<KeyOpener> keys,
                         std::chrono::milliseconds look_every)
    : state_(new State{layout, clock, std::move(keys), look_every, {}, {}}) {}
Authorities::~Authorities() = default;

std::shared_ptr<const Authority> Authorities::get(const std::string& name) {
    store::check_plain_name(name, "a CA");
    const auto now = std::chrono::steady_clock::now();
    {
        const std::lock_guard guard(state_->mutex);
        const auto row = state_->loaded.find(name);
        if (row != state_->loaded.end() && now - row->second.looked < state_->look_every) return row->second.authority;
    }
    for (int attempt = 1;; ++attempt) {
        const Stamps stamps = stamps_of(state_->layout, name);  // before reading: a change meanwhile is seen next time
        const std::lock_guard guard(state_->mutex);
        if (const auto row = state_->loaded.find(name); row != state_->loaded.end() && row->second.stamps == stamps) {
            row->second.looked = now;
            return row->second.authority;
        }
        try {
            auto authority = state_->load(name);
            state_->loaded.insert_or_assign(name, State::Loaded{stamps, authority, now});
            return authority;
        } catch (const base::Error&) {
            // Read half before and half after a rotation: the files are whole now.
            if (attempt == k_attempts || stamps_of(state_->layout, name) == stamps) throw;
        }
    }
}

std::vector<std::string> Authorities::names() const { return authority_names(state_->layout); }

}  // namespace signet::ca
