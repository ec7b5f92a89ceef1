#include "crypto/pkcs11_token.h"

#include <array>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace signet::crypto::pkcs11 {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_pin_limit = 1024;
constexpr std::size_t k_uri_limit = 4096;

std::string code_name(CK_RV code) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "0x%lx", code);
    return std::string(p11_kit_strerror(code)) + " (" + text.data() + ")";
}

/// "file:/run/pin" or a path (RFC 7512 section 2.4).
base::Secret read_pin(const std::string& source) {
    const std::string_view path = source.starts_with("file:") ? std::string_view(source).substr(5) : source;
    if (path.starts_with('|'))
        throw Error{Kind::bad_input, "a pin-source that is a command is not run",
                    "name a file: pin-source=file:/run/pin"};
    std::string text = base::read_private_file(base::Path(path), k_pin_limit);
    const base::Secret whole(std::move(text));
    std::string_view pin = whole.reveal();
    while (pin.ends_with('\n') || pin.ends_with('\r')) pin.remove_suffix(1);
    return base::Secret(std::string(pin));
}

std::vector<CK_SLOT_ID> slots_of(CK_FUNCTION_LIST& functions) {
    CK_ULONG count = 0;
    if (functions.C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return {};
    std::vector<CK_SLOT_ID> slots(count);
    if (functions.C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return {};
    slots.resize(count);
    return slots;
}

bool matches(const Uri& uri, CK_FUNCTION_LIST& functions, CK_SLOT_ID slot) {
    CK_INFO module{};
    CK_TOKEN_INFO token{};
    return functions.C_GetInfo(&module) == CKR_OK && p11_kit_uri_match_module_info(uri.get(), &module) != 0 &&
           functions.C_GetTokenInfo(slot, &token) == CKR_OK && p11_kit_uri_match_token_info(uri.get(), &token) != 0 &&
           (token.flags & CKF_TOKEN_INITIALIZED) != 0;
}

}  // namespace

Uri::Uri(std::string_view text) : uri_(p11_kit_uri_new(), p11_kit_uri_free) {
    const std::string whole(text);
    if (text.size() > k_uri_limit || uri_ == nullptr ||
        p11_kit_uri_parse(whole.c_str(), P11_KIT_URI_FOR_ANY, uri_.get()) != P11_KIT_URI_OK ||
        p11_kit_uri_any_unrecognized(uri_.get()) != 0)
        throw Error{Kind::bad_input, "\"" + base::printable(text, 200) + "\" is no PKCS#11 URI (RFC 7512)",
                    "write pkcs11:token=NAME"};
    if (p11_kit_uri_get_pin_value(uri_.get()) != nullptr)
        throw Error{Kind::bad_input, "a PKCS#11 URI with its PIN in it would lie in a file for all to read",
                    "put the PIN into a file and say ?pin-source=file:PATH, or use --passphrase-file"};
}

std::optional<std::string> Uri::pin_source() const {
    const char* source = p11_kit_uri_get_pin_source(uri_.get());
    return source == nullptr ? std::nullopt : std::optional<std::string>(source);
}

std::optional<std::string> Uri::module_path() const {
    const char* path = p11_kit_uri_get_module_path(uri_.get());
    return path == nullptr ? std::nullopt : std::optional<std::string>(path);
}

std::string Uri::text() const {
    char* raw = nullptr;
    if (p11_kit_uri_format(uri_.get(), P11_KIT_URI_FOR_ANY, &raw) != P11_KIT_URI_OK)
        throw Error{Kind::internal, "writing a PKCS#11 URI"};
    const std::unique_ptr<char, void (*)(void*)> text(raw, std::free);
    return raw;
}

void Uri::set(CK_ATTRIBUTE_TYPE type, std::string_view value) {
    std::string copy(value);
    CK_ATTRIBUTE attribute{type, copy.data(), copy.size()};
    if (p11_kit_uri_set_attribute(uri_.get(), &attribute) != P11_KIT_URI_OK)
        throw Error{Kind::internal, "writing a PKCS#11 URI"};
}

void check(CK_RV code, const std::string& doing) {
    if (code == CKR_OK) return;
    throw Error{Kind::environment, doing + ": the token says: " + code_name(code),
                "look at the token with its own tools (pkcs11-tool, p11tool)"};
}

/// What p11-kit has loaded; counted by it, so that several tokens may share a module.
struct Token::Modules {
    CK_FUNCTION_LIST* single = nullptr;
    CK_FUNCTION_LIST** all = nullptr;
    std::vector<CK_FUNCTION_LIST*> list;

    explicit Modules(const Uri& uri) {
        if (const auto path = uri.module_path()) {
            single = p11_kit_module_load(path->c_str(), 0);
            if (single != nullptr && p11_kit_module_initialize(single) != CKR_OK) {
                p11_kit_module_release(single);
                single = nullptr;
            }
            if (single == nullptr)
                throw Error{Kind::environment, "the PKCS#11 module " + base::printable(*path) + " cannot be loaded",
                            "name the module of your token: module-path=/usr/lib/…so"};
            list.push_back(single);
            return;
        }
        all = p11_kit_modules_load_and_initialize(0);
        for (auto* at = all; at != nullptr && *at != nullptr; ++at) list.push_back(*at);
    }
    ~Modules() {
        if (all != nullptr) p11_kit_modules_finalize_and_release(all);
        if (single == nullptr) return;
        p11_kit_module_finalize(single);
        p11_kit_module_release(single);
    }
    Modules(const Modules&) = delete;
    Modules& operator=(const Modules&) = delete;
};

Token::Token(std::unique_ptr<Modules> modules, CK_FUNCTION_LIST* functions, CK_SLOT_ID slot)
    : modules_(std::move(modules)), functions_(functions), slot_(slot), keeper_(take()) {}

Token::~Token() {
    for (const CK_SESSION_HANDLE session : idle_) functions_->C_CloseSession(session);
    functions_->C_CloseSession(keeper_);
}

std::shared_ptr<Token> Token::open(const Uri& uri, const base::Secret* pin) {
    auto modules = std::make_unique<Modules>(uri);
    CK_FUNCTION_LIST* found = nullptr;
    CK_SLOT_ID place = 0;
    for (CK_FUNCTION_LIST* functions : modules->list) {
        for (const CK_SLOT_ID slot : slots_of(*functions)) {
            if (!matches(uri, *functions, slot)) continue;
            if (found != nullptr)
                throw Error{Kind::bad_input, base::printable(uri.text(), 200) + " fits several tokens",
                            "name one by token=, serial= or module-path="};
            found = functions;
            place = slot;
        }
    }
    if (found == nullptr)
        throw Error{Kind::environment, "there is no token for " + base::printable(uri.text(), 200),
                    "see which there are: p11tool --list-tokens, or name its module by ?module-path=FILE"};
    const std::shared_ptr<Token> token(new Token(std::move(modules), found, place));
    if (const auto source = uri.pin_source())
        token->log_in(read_pin(*source));
    else if (pin != nullptr)
        token->log_in(*pin);
    else
        throw Error{Kind::bad_input, "the token of " + base::printable(uri.text(), 200) + " wants a PIN",
                    "give it with --passphrase-file FILE, or ?pin-source=file:PATH in the URI"};
    return token;
}

void Token::log_in(const base::Secret& pin) {
    std::string text(pin.reveal());
    const CK_RV code = functions_->C_Login(keeper_, CKU_USER, reinterpret_cast<unsigned char*>(text.data()),
                                           static_cast<CK_ULONG>(text.size()));
    base::wipe(text.data(), text.size());
    switch (code) {
        case CKR_USER_ALREADY_LOGGED_IN:
            return;
        case CKR_PIN_INCORRECT:
        case CKR_PIN_LEN_RANGE:
        case CKR_PIN_INVALID:
            throw Error{Kind::refused, "the PIN does not open the token"};
        case CKR_PIN_LOCKED:
            throw Error{Kind::environment, "the token is locked after wrong PINs",
                        "unlock it as its security officer, with its own tools"};
        default:
            check(code, "logging in");
    }
}

CK_SESSION_HANDLE Token::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            const CK_SESSION_HANDLE session = idle_.back();
            idle_.pop_back();
            return session;
        }
    }
    CK_SESSION_HANDLE session = 0;
    CK_RV code = functions_->C_OpenSession(slot_, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session);
    if (code == CKR_TOKEN_WRITE_PROTECTED)
        code = functions_->C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &session);
    check(code, "opening a session");
    return session;
}

void Token::give_back(CK_SESSION_HANDLE session) {
    CK_SESSION_INFO info{};
    if (functions_->C_GetSessionInfo(session, &info) != CKR_OK) return;  // it died with an error of the token
    const std::lock_guard lock(mutex_);
    idle_.push_back(session);
}

}  // namespace signet::crypto::pkcs11
