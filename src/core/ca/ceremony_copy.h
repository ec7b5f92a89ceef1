#pragma once

#include <string>

#include "base/random.h"
#include "ca/authority_files.h"

namespace signet::ca {

/// A CA as it stands, in another store directory, with throw-away keys under the same names, lifetimes and constraints:
/// what is played with it leaves the real one alone. Former generations are left out. Throws refused for name
/// constraints of a kind that signet does not write.
void copy_with_throwaway_keys(const AuthorityFiles& files, const store::Layout& to, base::Random& random);

}  // namespace signet::ca
