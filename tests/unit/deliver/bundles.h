#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "deliver/deliver.h"
#include "support/make_chain.h"
#include "support/temporary_directory.h"
#include "x509/pem.h"

namespace signet::test {

/// Bundles of one throw-away CA, each with a key and certificate of its own.
class BundleMaker {
public:
    deliver::Bundle make(const std::string& name = "worker-1.internal") {
        const auto leaf = maker_.issue(issuing_, maker_.leaf_template({name}));
        return {leaf.certificate, {issuing_.certificate}, leaf.key->to_pem(), {root_.certificate}};
    }

private:
    ChainMaker maker_{base::from_unix(1'800'000'000)};
    Member root_ = maker_.self_signed(maker_.ca_template("Root"));
    Member issuing_ = maker_.issue(root_, maker_.ca_template("Issuing", 0));
};

inline std::string slurp(const base::Path& path) { return base::read_file(path, 1 << 20); }

inline std::string chain_text(const deliver::Bundle& bundle) {
    return x509::encode_certificates({bundle.leaf, bundle.chain.front()});
}

/// The files in `directory` are those of `bundle`, all of them.
inline bool shows(const base::Path& directory, const deliver::Bundle& bundle) {
    return slurp(directory / "tls.crt") == chain_text(bundle) &&
           slurp(directory / "tls.key") == bundle.key_pem.reveal() &&
           slurp(directory / "ca.crt") == x509::encode_certificates(bundle.anchors);
}

inline unsigned mode_of(const base::Path& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return 0;
    return facts.st_mode & 07777;
}

inline std::vector<std::string> names_in(const base::Path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

template <class F>
std::optional<base::Kind> kind_of(F work) {
    try {
        work();
        return std::nullopt;
    } catch (const base::Error& error) {
        return error.kind();
    }
}

}  // namespace signet::test
