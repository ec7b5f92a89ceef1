#pragma once

struct evp_md_st;

namespace signet::crypto {

/// OpenSSL's digest algorithms, fetched once and good for the life of the process. Thread-safe.
const evp_md_st* sha1_algorithm();
const evp_md_st* sha256_algorithm();
const evp_md_st* sha384_algorithm();
const evp_md_st* sha512_algorithm();

}  // namespace signet::crypto
