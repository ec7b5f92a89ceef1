#include "crypto/close_primes.h"

#include <array>
#include <openssl/bn.h>

#include "crypto/openssl.h"

namespace signet::crypto {
namespace {

constexpr int k_steps = 100;

using Number = Handle<BIGNUM, BN_free>;
using Context = Handle<BN_CTX, BN_CTX_free>;

Number number() {
    Number made(BN_new());
    check(made != nullptr, "making a number");
    return made;
}

/// The largest root whose square is at most `value`: Newton's iteration from above.
Number square_root(const BIGNUM* value, BN_CTX* context) {
    auto root = number(), next = number();
    check(BN_set_bit(root.get(), (BN_num_bits(value) + 1) / 2) == 1, "a power of two");
    for (;;) {
        check(BN_div(next.get(), nullptr, value, root.get(), context) == 1, "dividing");
        check(BN_add(next.get(), next.get(), root.get()) == 1, "adding");
        check(BN_rshift1(next.get(), next.get()) == 1, "halving");
        if (BN_cmp(next.get(), root.get()) >= 0) return root;
        root.swap(next);
    }
}

/// Squares leave few rests: one in some 180 other numbers gets past these.
bool may_be_square(const BIGNUM* value) {
    constexpr std::array<unsigned, 4> k_moduli{64, 63, 65, 11};
    for (const unsigned modulus : k_moduli) {
        const auto rest = static_cast<unsigned>(BN_mod_word(value, modulus));
        bool found = false;
        for (unsigned root = 0; root < modulus && !found; ++root) found = root * root % modulus == rest;
        if (!found) return false;
    }
    return true;
}

bool is_square(const BIGNUM* value, BN_CTX* context) {
    if (BN_is_zero(value)) return true;
    if (!may_be_square(value)) return false;
    const auto root = square_root(value, context);
    const auto square = number();
    check(BN_sqr(square.get(), root.get(), context) == 1, "squaring");
    return BN_cmp(square.get(), value) == 0;
}

}  // namespace

bool has_close_primes(base::ByteView modulus) {
    const Context context(BN_CTX_new());
    check(context != nullptr, "making a context for numbers");
    const Number n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
    check(n != nullptr, "reading a number");
    auto middle = square_root(n.get(), context.get());
    const auto rest = number();
    for (int step = 0; step < k_steps; ++step) {
        check(BN_sqr(rest.get(), middle.get(), context.get()) == 1, "squaring");
        check(BN_sub(rest.get(), rest.get(), n.get()) == 1, "subtracting");
        // n = middle^2 - rest; when rest is a square too, n is (middle + b)(middle - b).
        if (!BN_is_negative(rest.get()) && is_square(rest.get(), context.get())) return true;
        check(BN_add_word(middle.get(), 1) == 1, "adding");
    }
    return false;
}

}  // namespace signet::crypto
