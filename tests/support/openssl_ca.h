#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "support/programs.h"
#include "support/temporary_directory.h"

namespace signet::test {

/// A certificate authority of the openssl command's making: root, intermediate, leafs; keys and certificates as files.
class OpensslCa {
public:
    OpensslCa() {
        make("root", "", "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n");
        make("issuing", "root", "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n");
    }
    /// Leaf `name`.pem with `san` ("DNS:localhost,IP:127.0.0.1"), its key in `name`.key, leaf and issuer in
    /// `name`.chain.
    void leaf(const std::string& name, const std::string& san, const std::string& issuer = "issuing") {
        make(name, issuer,
             "basicConstraints=critical,CA:false\n" + (san.empty() ? "" : "subjectAltName=" + san + "\n"));
        base::write_file(path(name + ".chain"), text(name + ".pem") + text(issuer + ".pem"));
    }
    base::Path path(const std::string& file) const { return directory_ / file; }
    std::string text(const std::string& file) const { return base::read_file(path(file), 1 << 20); }

private:
    static void must_run(const std::vector<std::string>& arguments) {
        if (const auto out = run(arguments); out.starts_with("exit "))
            throw std::runtime_error(arguments[1] + ": " + out);
    }
    void make(const std::string& name, const std::string& issuer, const std::string& extensions) {
        base::write_file(path(name + ".ext"), "[v3]\nsubjectKeyIdentifier=hash\n" + extensions);
        must_run({"openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path(name + ".ec")});
        must_run({"openssl", "pkcs8", "-topk8", "-nocrypt", "-in", path(name + ".ec"), "-out", path(name + ".key")});
        must_run({"openssl", "req", "-new", "-key", path(name + ".key"), "-subj", "/CN=" + name, "-out",
                  path(name + ".csr")});
        std::vector<std::string> sign{
            "openssl",           "x509",        "-req", "-in",  path(name + ".csr"), "-days", "30", "-extfile",
            path(name + ".ext"), "-extensions", "v3",   "-out", path(name + ".pem")};
        if (issuer.empty()) {
            sign.insert(sign.end(), {"-key", path(name + ".key")});
        } else {
            sign.insert(sign.end(), {"-CA", path(issuer + ".pem"), "-CAkey", path(issuer + ".key"), "-CAcreateserial"});
        }
        must_run(sign);
    }
    TemporaryDirectory directory_;
};

}  // namespace signet::test
