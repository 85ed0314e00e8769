// Package events tells the portals and handlers of LemonLDAP::NG that sessions were
// deleted, so that they drop what they have cached of them: up to 640 seconds of a
// log-out become 5.
//
// LemonLDAP::NG 2.20 and later has message brokers for that. A message is a JSON
// object on a channel; {"action":"unlog","id":ID} on the channel llng_events says that
// a session has ended. Each process of a portal or handler looks for messages every 5
// seconds, when a request comes. A [Broker] publishes such a message for each deletion
// by this service, and for those by other programs of which the change stream tells:
//
//   - to Redis, as Lemonldap::NG::Common::MessageBroker::Redis reads it ([Redis]);
//   - to the subscribers of this instance, over the protocol of
//     Lemonldap::NG::Common::MessageBroker::Web: POST /publish, and a WebSocket at
//     /subscribe?channels=NAME,NAME. The client sends Authorization: Bearer.
//
// What a portal publishes over /publish goes to the subscribers of this instance and to
// Redis, and what others publish to Redis goes to the subscribers. So with Redis
// instances pass on each other's messages; without it only deletions reach all of them,
// through the change stream.
//
// # What the client of LemonLDAP::NG needs
//
// Its WebSocket (Protocol::WebSocket 0.26) takes pings and the frame of a close for
// messages, and dies of a message above 64 KiB. So the service sends neither, and
// relies on TCP's keep-alive. The client reads only when a request comes: an idle
// portal may read nothing for hours, and a subscriber that takes nothing for 10 seconds
// once the buffers of the system are full is closed. The client then connects again
// without saying what it has seen. So each new subscriber first gets the unlog messages
// of the last 11 minutes; caches do not live longer, and a message that comes twice
// does no harm.
package events
