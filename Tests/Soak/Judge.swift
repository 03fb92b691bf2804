import FastVerify

/// One call and its answer, as whoever called saw it.
struct Observation: Sendable {
    enum Form: String, Sendable {
        case direct, batch, poolAsync, poolCompletion, poolTask, stream
    }

    /// What a deadline allows.
    enum Deadline: Sendable { case none, passed, ahead }

    let token: IssuedToken
    let form: Form
    /// Stamps and times at the begin and at the end of the call.
    let begin: Int
    let end: Int
    let times: ClosedRange<Int64>
    let failure: VerifierPool.Failure?
    /// `jti` of the token that was accepted.
    var acceptedID: String?
    var reign: PoolReign?
    var deadline = Deadline.none
    var isCancelled = false
}

/// Says whether answers are right, from how tokens were made and from what was published and revoked when. Asks nobody.
struct Judge {
    /// Reasons for which a token may be refused in an interval; `nil` in the set where it may be accepted. `nil` where
    /// the histories do not reach back.
    static func verdicts(_ token: IssuedToken, _ begin: Int, _ end: Int, _ times: ClosedRange<Int64>)
        -> Set<VerificationError?>?
    {
        if let defect = token.defect, !defect.needsKey { return [defect.error] }
        guard let published = token.key.isPublished.values(from: begin, to: end) else { return nil }
        var verdicts: Set<VerificationError?> = []
        if published.contains(false) { verdicts.insert(.keyNotFound) }
        guard published.contains(true) else { return verdicts }
        if let defect = token.defect {
            verdicts.insert(defect.error)
            return verdicts
        }
        guard let claims = claims(token, begin, end, times, withStatus: true) else { return nil }
        return verdicts.union(claims)
    }

    /// As above, of a token whose signature is known to be good.
    static func claims(
        _ token: IssuedToken, _ begin: Int, _ end: Int, _ times: ClosedRange<Int64>, withStatus: Bool
    ) -> Set<VerificationError?>? {
        var verdicts: Set<VerificationError?> = []
        for time in times {
            if time >= token.expiration {
                verdicts.insert(.expired)
            } else if time < token.notBefore {
                verdicts.insert(.notYetValid)
            } else {
                var passes = true
                for group in token.groups {
                    guard let bans = group.ban.values(from: begin, to: end) else { return nil }
                    let refusals = Set(bans.map { $0.refuses(issuedAt: token.issuedAt, at: time) })
                    if refusals.contains(true) { verdicts.insert(.revoked) }
                    if !refusals.contains(false) { passes = false }
                }
                if withStatus, let status = token.status {
                    guard let lists = status.list.values.values(from: begin, to: end) else { return nil }
                    let refusals = Set(lists.map { $0[status.index] != 0 })
                    if refusals.contains(true) { verdicts.insert(.revoked) }
                    if !refusals.contains(false) { passes = false }
                }
                if passes { verdicts.insert(nil) }
            }
        }
        return verdicts
    }

    /// What is wrong with an answer; `nil` for a right one.
    static func complaint(_ seen: Observation) -> String? {
        let shutDown = seen.reign.map { $0.isShutDown.values(from: seen.begin, to: seen.end)! } ?? [false]
        switch seen.failure {
        case .overloaded:
            guard seen.form == .poolAsync || seen.form == .poolCompletion || seen.form == .poolTask else {
                return "overloaded"
            }
            return shutDown.contains(false) ? nil : "overloaded after shutDown"
        case .shutDown: return shutDown.contains(true) ? nil : "refused by a pool that is open"
        case .cancelled: return seen.isCancelled ? nil : "cancelled by nobody"
        case .deadlineExceeded:
            return seen.deadline == .none ? "there was no deadline" : nil
        case .refused, nil:
            if !shutDown.contains(false) { return "verified after shutDown" }
            if seen.deadline == .passed { return "begun after its deadline" }
        }
        var error: VerificationError?
        if case .refused(let reason) = seen.failure { error = reason }
        if error == nil, let id = seen.acceptedID, id != seen.token.id { return "the claims of \(id)" }
        guard let verdicts = verdicts(seen.token, seen.begin, seen.end, seen.times) else { return nil }
        if verdicts.contains(error) { return nil }
        let names = verdicts.map { $0?.name ?? "accepted" }.sorted()
        return "\(error?.name ?? "accepted"), right would be \(names.joined(separator: " or "))"
    }
}

/// The observations of one caller. Judged in bulk, because to look at the histories orders the callers among themselves,
/// and what is ordered is no race that thread sanitizer could see.
final class Notebook {
    private let world: World
    private var observations: [Observation] = []
    private var counts: [String: Int] = [:]

    init(_ world: World) { self.world = world }

    func add(_ observation: Observation) {
        observations.append(observation)
        if observations.count >= 256 { judge() }
    }

    func count(_ what: String) { counts[what, default: 0] += 1 }

    func judge() {
        for seen in observations {
            let verdict =
                switch seen.failure {
                case nil: "accepted"
                case .refused(let error): error.name
                case .overloaded: "overloaded"
                case .deadlineExceeded: "deadline exceeded"
                case .cancelled: "cancelled"
                case .shutDown: "shut down"
                }
            counts["calls: \(seen.form.rawValue)", default: 0] += 1
            counts["verdicts: \(verdict)", default: 0] += 1
            if let defect = seen.token.defect { counts["hostile: \(defect.name)", default: 0] += 1 }
            if let complaint = Judge.complaint(seen) {
                world.fail(
                    "\(seen.form.rawValue) \(seen.token.id) key \(seen.token.key.id) \(seen.token.defect?.name ?? "sound"): "
                        + "\(complaint); stamps \(seen.begin) to \(seen.end), times \(seen.times)")
            }
        }
        observations.removeAll(keepingCapacity: true)
    }

    /// The last word of a caller.
    func close() {
        judge()
        world.add(counts)
        counts = [:]
    }
}
