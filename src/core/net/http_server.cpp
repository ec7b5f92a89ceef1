#include "net/http_server.h"

#include "net/http_front.h"

namespace signet::net {

HttpServer::HttpServer(std::vector<ListenerSettings> listeners, Handler handler, std::size_t threads, HttpLimits limits,
                       Refusal refusal)
    : front_(std::make_unique<Front>(std::move(listeners), std::move(handler), threads, limits, std::move(refusal))) {}

HttpServer::~HttpServer() = default;

void HttpServer::set_identity(const TlsIdentity& identity) { front_->set_identity(identity); }
void HttpServer::start() { front_->start(); }
std::size_t HttpServer::listeners() const { return front_->listeners(); }
void HttpServer::limit_bodies(std::size_t listener, std::size_t bytes) { front_->limit_bodies(listener, bytes); }
int HttpServer::port(std::size_t listener) const { return front_->port(listener); }
const HttpCounters& HttpServer::counters() const { return front_->counters(); }
std::size_t HttpServer::connections() const { return front_->connections(); }
void HttpServer::stop(std::chrono::milliseconds grace) { front_->stop(grace); }

}  // namespace signet::net
