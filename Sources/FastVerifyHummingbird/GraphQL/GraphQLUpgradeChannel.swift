internal import FastVerify
public import FastVerifyAccess
internal import HTTPTypes
public import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import NIOWebSocket
internal import Synchronization

extension HTTPServerBuilder {
    /// HTTP/1.1 in which requests for a WebSocket at a path are upgraded to `graphql-transport-ws`. All others go to the router, and so
    /// do handshakes that are refused: an authenticator there gives them their answer. Wrap it for TLS: `.tls(.graphQL(…), …)`.
    public static func graphQL<Identity: TokenIdentity, Verification: TokenVerification>(
        _ endpoint: GraphQLEndpoint<Identity, Verification>, at path: String = "/graphql"
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            GraphQLUpgradeChannel(responder: responder, endpoint: endpoint, path: path)
        }
    }
}

/// A connection that speaks HTTP/1.1 until a handshake makes it a WebSocket.
struct GraphQLUpgradeChannel<Identity: TokenIdentity, Verification: TokenVerification>: HTTPChannelHandler {
    enum Outcome: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case socket
    }

    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let outcome: EventLoopFuture<Outcome>
    }

    let responder: HTTPChannelHandler.Responder
    let endpoint: GraphQLEndpoint<Identity, Verification>
    let path: String

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            // What the handshake has shown, for the handler that follows it.
            let token = Arrival()
            let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
                maxFrameSize: endpoint.rules.messageBytes,
                shouldUpgrade: { channel, head in
                    channel.eventLoop.makeFutureWithTask { await admit(head, channel, token) }
                },
                upgradePipelineHandler: { channel, head in
                    channel.eventLoop.makeCompletedFuture {
                        let operations = channel.pipeline.syncOperations
                        try operations.addHandler(
                            NIOWebSocketFrameAggregator(
                                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64,
                                maxAccumulatedFrameSize: endpoint.rules.messageBytes))
                        try operations.addHandler(
                            GraphQLSocketHandler(
                                endpoint, handshake: Self.request(head), token: token.token.withLock { $0 }))
                        return .socket
                    }
                })
            let recorder = NIOLoopBound(HandshakeRecorder(), eventLoop: channel.eventLoop)
            let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Outcome>(upgraders: [upgrader]) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                    try channel.pipeline.syncOperations.addHandler(HTTPConnectionStateHandler(logger: logger))
                    let http = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: true))
                    recorder.value.replay()
                    return .http(http)
                }
            }
            let outcome = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                configuration: NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: upgrade))
            let upgradeHandler = try channel.pipeline.syncOperations.handler(
                type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
            try channel.pipeline.syncOperations.addHandler(recorder.value, position: .before(upgradeHandler))
            return Value(channel: channel, outcome: outcome)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.outcome.get() {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .socket: try await value.channel.closeFuture.get()
            }
        } catch {
            logger.debug("A connection ended before its first request.")
        }
    }

    private final class Arrival: Sendable {
        let token = Mutex<VerifiedToken?>(nil)
    }

    /// The fields of the answer to a handshake; `nil` for one that is left to the router.
    private func admit(_ head: HTTPRequestHead, _ channel: any Channel, _ arrival: Arrival) async -> HTTPHeaders? {
        let request = Self.request(head)
        let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
        guard head.method == .GET, head.uri.prefix(while: { $0 != "?" }) == path,
            offered.contains(where: { $0 == SocketRules.subprotocol })
        else { return nil }
        let peer = await ConnectionPeer.inspecting(channel)
        do throws(Refusal) {
            let token = try await endpoint.token(of: request, from: peer)
            arrival.token.withLock { $0 = token }
            return ["Sec-WebSocket-Protocol": SocketRules.subprotocol]
        } catch {
            return nil
        }
    }

    /// The handshake as the policy reads requests.
    private static func request(_ head: HTTPRequestHead) -> HTTPRequest {
        let hosts = head.headers["Host"]
        var request = HTTPRequest(
            method: .get, scheme: "http", authority: hosts.count == 1 ? hosts[0] : nil, path: head.uri)
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { request.headerFields.append(HTTPField(name: name, value: value)) }
        }
        return request
    }
}
