import FastVerify

/// Makes tokens, sound and hostile.
struct Mint {
    private let world: World
    private var random: Random
    private var serial = 0
    private let part: Int

    init(_ world: World, part: Int) {
        self.world = world
        self.part = part
        random = Random(world.seed, 1000 + part)
    }

    mutating func sound() -> IssuedToken {
        let issuer = world.issuers[random.below(world.issuers.count)]
        return make(issuer, issuer.keys[random.below(issuer.keys.count)], nil)
    }

    mutating func hostile(_ number: Int) -> IssuedToken {
        let issuer = world.issuers[random.below(world.issuers.count)]
        return make(issuer, issuer.keys[random.below(issuer.keys.count)], HostileKind.allCases[number])
    }

    private mutating func make(_ issuer: Issuer, _ key: IssuerKey, _ kind: HostileKind?) -> IssuedToken {
        serial += 1
        let now = world.now
        let id = "t-\(part)-\(serial)"
        var groups = [Group(issuer.name, .token, id), key.group]
        for kind in [Group.Kind.subject, .session, .tenant, .issuer] {
            let all = issuer.groups[kind]!
            groups.append(all[random.below(all.count)])
        }
        let status =
            random.isOne(in: 3) ? (list: issuer.statuses, index: random.below(PublishedStatuses.count)) : nil
        let issuedAt = now - Int64(random.below(8))
        let notBefore = random.isOne(in: 20) ? now + Int64(random.below(4)) : issuedAt
        let expiration = now + 1 + Int64(random.isOne(in: 4) ? random.below(6) : 20 + random.below(60))
        var members = [
            #""iss":"\#(issuer.name)""#, #""aud":"\#(World.audience)""#, #""exp":\#(expiration)"#,
            #""iat":\#(issuedAt)"#, #""nbf":\#(notBefore)"#, #""jti":"\#(id)""#, #""sub":"\#(groups[2].name)""#,
            #""sid":"\#(groups[3].name)""#, #""tenant":"\#(groups[4].name)""#,
        ]
        if let status {
            members.append(#""status":{"status_list":{"uri":"\#(status.list.uri)","idx":\#(status.index)}}"#)
        }
        let draft = HostileKind.Draft(
            header: #"{"alg":"\#(key.signing.algorithm.name)","kid":"\#(key.id)","typ":"JWT"}"#,
            payload: "{" + members.joined(separator: ",") + "}", key: key,
            stranger: world.issuers[(world.issuers.firstIndex { $0 === issuer }! + 1) % world.issuers.count].keys[0])
        return IssuedToken(
            kind?.text(draft) ?? draft.signed, id: id, subject: groups[2].name, key: key, issuedAt: issuedAt,
            notBefore: notBefore, expiration: expiration, groups: groups, status: status, defect: kind?.defect)
    }
}
