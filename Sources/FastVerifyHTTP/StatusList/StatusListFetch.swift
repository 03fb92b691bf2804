public import FastVerify
internal import NIOPosix

/// Why a status list is not held, or not a newer one. For logs, metrics and the visible state.
public enum StatusListFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The network or the response, as for key sets.
    case fetch(FetchError)
    /// The Status List Token is not accepted: signature, type, issuer, `exp`.
    case refused(VerificationError)
    case malformed(StatusListError)
    /// `sub` is not the URI that it was fetched from.
    case otherList
    /// The list in force was issued later.
    case outdated
    /// All lists together would take more than `StatusListRules.totalBytes`.
    case full

    /// A stable name for logs and metrics.
    public var name: String {
        switch self {
        case .fetch(let error): error.name
        case .refused(let error): error.name
        case .malformed(.malformedClaims): "malformed_claims"
        case .malformed(.malformedList): "malformed_list"
        case .otherList: "other_list"
        case .outdated: "outdated"
        case .full: "full"
        }
    }

    public var description: String { name }
}

/// One fetch of one list. Keeps nothing.
struct StatusListFetch: Sendable {
    enum Answer: Sendable {
        case list(StatusList, entityTag: String?, Freshness, age: Int64)
        /// 304: the list in force is still the issuer's.
        case unchanged(Freshness)
    }

    struct Failure: Error, Sendable {
        let reason: StatusListFailure
        var retryAfter: Duration?
    }

    private static let types: Set<String> = ["application/statuslist+jwt"]

    let documents: DocumentFetch
    /// Bytes that a list may decompress to.
    let listBytes: Int

    /// The list at exactly this URI, as the verifier accepts it. Decompression has a thread of NIO's pool for itself.
    func list(
        at uri: String, _ url: EndpointURL, entityTag: String?, _ verifier: Verifier
    ) async throws(Failure) -> Answer {
        let response: KeyResponse
        do throws(DocumentFetch.Failure) {
            response = try await documents.get(url, Self.types, entityTag.map { [("if-none-match", $0)] } ?? [])
        } catch {
            throw Failure(reason: .fetch(error.reason), retryAfter: error.retryAfter)
        }
        if response.status == 304 { return .unchanged(Freshness(response)) }
        let result = try? await NIOThreadPool.singleton.runIfActive { [listBytes] in
            Self.list(response.body, verifier, listBytes)
        }
        switch result {
        case .success(let list):
            guard list.uri.utf8.elementsEqual(uri.utf8) else { throw Failure(reason: .otherList) }
            let tag = response.value("etag").flatMap(KeySetFetch.entityTag)
            let age = response.value("age").flatMap { Freshness.seconds($0.trimming(" \t")) } ?? 0
            return .list(list, entityTag: tag, Freshness(response), age: age)
        case .failure(let reason): throw Failure(reason: reason)
        case nil: throw Failure(reason: .fetch(.cancelled))
        }
    }

    private static func list(
        _ token: [UInt8], _ verifier: Verifier, _ maxBytes: Int
    ) -> Result<StatusList, StatusListFailure> {
        let verified: VerifiedToken
        do throws(VerificationError) {
            verified = try verifier.verify(token)
        } catch {
            return .failure(.refused(error))
        }
        do throws(StatusListError) {
            return .success(try StatusList(verified.claims, maxBytes: maxBytes))
        } catch {
            return .failure(.malformed(error))
        }
    }
}

extension StatusList {
    /// Memory that the statuses take.
    var bytes: Int { count * bits / 8 }
}
