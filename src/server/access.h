/* How the handlers of this folder reach the part of the server they work on.
 *
 * A handler knows its call and the one struct it is about; where that struct lives is the
 * composition root's business, which implements these functions. */
#ifndef SKEIN_SERVER_ACCESS_H
#define SKEIN_SERVER_ACCESS_H

struct acl;
struct call;
struct config_service;
struct pubsub;
struct slowlog;
struct tracking;

struct acl *server_acl(struct call *call);
struct config_service *server_config(struct call *call);
struct pubsub *server_pubsub(struct call *call);
struct slowlog *server_slowlog(struct call *call);
struct tracking *server_tracking(struct call *call);

#endif
