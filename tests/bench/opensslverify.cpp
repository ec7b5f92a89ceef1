// opensslverify CASES.jsonl: the cases of `signet verify --batch`, each by X509_verify_cert, in a plain loop. Prints
// the verdicts as `signet` does, without reasons. CRLs are not looked at.
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace {

using Json = nlohmann::json;

template <class T, void (*Free)(T*)>
struct Freer {
    void operator()(T* object) const { Free(object); }
};
template <class T, void (*Free)(T*)>
using Handle = std::unique_ptr<T, Freer<T, Free>>;
using Certificate = Handle<X509, X509_free>;

void free_stack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }

Certificate parse(const std::string& text) {
    const Handle<BIO, BIO_free_all> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

std::time_t seconds(const std::string& at) {
    std::tm parts{};
    return strptime(at.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr ? std::time(nullptr) : timegm(&parts);
}

bool set_up(X509_VERIFY_PARAM* parameters, const Json& line) {
    const std::string purpose = line.value("purpose", "any");
    if (purpose == "server") X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
    if (purpose == "client") X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
    if (line.contains("at")) X509_VERIFY_PARAM_set_time(parameters, seconds(line["at"]));
    if (line.contains("max_depth")) X509_VERIFY_PARAM_set_depth(parameters, line["max_depth"]);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_auth_level(parameters, 2);
    if (line.contains("hostname") &&
        X509_VERIFY_PARAM_set1_host(parameters, line["hostname"].get<std::string>().c_str(), 0) != 1)
        return false;
    return !line.contains("ip") ||
           X509_VERIFY_PARAM_set1_ip_asc(parameters, line["ip"].get<std::string>().c_str()) == 1;
}

bool valid(const Json& line) {
    const Certificate leaf = parse(line.at("leaf"));
    const Handle<X509_STORE, X509_STORE_free> store(X509_STORE_new());
    const Handle<STACK_OF(X509), free_stack> others(sk_X509_new_null());
    if (!leaf) return false;
    for (const std::string text : line.at("roots")) {
        const Certificate root = parse(text);
        if (!root || X509_STORE_add_cert(store.get(), root.get()) != 1) return false;
    }
    for (const std::string text : line.value("intermediates", Json::array())) {
        Certificate one = parse(text);
        if (!one) return false;
        sk_X509_push(others.get(), one.release());
    }
    const Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
    return X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), others.get()) == 1 &&
           set_up(X509_STORE_CTX_get0_param(context.get()), line) && X509_verify_cert(context.get()) == 1;
}

}  // namespace

int main(int, char** arguments) {
    std::ifstream file(arguments[1]);
    for (std::string text; std::getline(file, text);) {
        const Json line = Json::parse(text);
        std::cout << Json{{"id", line.at("id")}, {"valid", valid(line)}}.dump() << '\n';
    }
}
