import FastVerify
import Testing

@testable import FastVerifyAccess

/// Proofs made by another implementation, joserfc 1.6.5 with OpenSSL behind it: its spelling of headers, its thumbprints.
struct ForeignProofTests {
    private static let proofs: [(algorithm: String, thumbprint: String, proof: String)] = [
        (
            "ES256", "V9HpgtdFhqmGjlDUxz642g6xiV6DTbgIPWqn0LW7HWk",
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7ImNydiI6IlAtMjU2IiwieCI6IlBrMER4SG5VRGlIZEhTLWZw"
                + "dTlqNldwNklrbHdUV0tRb3JZb0Z0SllQem8iLCJ5IjoiM1lNcDE0WmJkZXhXUHlIOExXalFXSThUUVJqUWM5ajFWOG1OSjZPZlhP"
                + "SSIsImt0eSI6IkVDIn19.eyJqdGkiOiAiai1FUzI1NiIsICJodG0iOiAiR0VUIiwgImh0dSI6ICJodHRwczovL2FwaS5leGFtcGx"
                + "lL2E_Yj1jIiwgImlhdCI6IDE4MDAwMDAwMDAsICJhdGgiOiAiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWt"
                + "zbVFFbyJ9._cI5WiklDi7VMeeVOZ2CV1pHP9_f_ltFa9VKCBFSQNvMKR9S9N8VEa7e96ep2f8rKkMRKqHgjbqsc6AQVT9TnQ"
        ),
        (
            "ES512", "TtkOj2xBFbhZr9qG2CBRwHNmmgY-vg-bOUTPxMciiEs",
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTNTEyIiwiandrIjp7ImNydiI6IlAtNTIxIiwieCI6IkFidWVFZjVPUzJIdzkxUDZP"
                + "S0xWeVd6bGhxSzBESVdZNDZTSXBTaEFERUJyc2dncWJjS0hwN0lRSkd2UzNCWEEyMzRYRTV2N3daSGVucUtuNTMwZDVNWGUiLCJ5"
                + "IjoiQUpkSFpLZjMxVGxPTF9yS2FQeExYa0l6c0VpYmlYUkd3NE9FYTdmU0VfdHpqNFd4ZGd2NUo3MVozVUpZWXBMclRKQmEydTJL"
                + "dDl4eXdLUzFvY1dna08xZyIsImt0eSI6IkVDIn19.eyJqdGkiOiAiai1FUzUxMiIsICJodG0iOiAiR0VUIiwgImh0dSI6ICJodHR"
                + "wczovL2FwaS5leGFtcGxlL2E_Yj1jIiwgImlhdCI6IDE4MDAwMDAwMDAsICJhdGgiOiAiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHh"
                + "XWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.AJarWEzE06eWyGajLPq8OMm2ytbeKeDzsPX-hYRNNxW-cq6GF0-Wgt8acUV3iLb8rOvdpW"
                + "IE9jRVBmwWYUnxTWSAAQYjinwjfK-nCt3nBRAlKN-qZG1zJ6wREv6wfXu0GHIdUcy1rsZqcvl1hSp3hzM0xkXnDoB1g3nuCvxcr_"
                + "Q2QEj6"
        ),
        (
            "EdDSA", "vLAqoDOqGG2a27F95NOwmwV9un8C2q3OEOUgrG-4D78",
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVkRFNBIiwiandrIjp7ImNydiI6IkVkMjU1MTkiLCJ4IjoiajlrakozZVRPYjFldmhl"
                + "WjBRLWhKMFFCN0NyZ0ZTcjFXdUFWelQ0dEMtZyIsImt0eSI6Ik9LUCJ9fQ.eyJqdGkiOiAiai1FZERTQSIsICJodG0iOiAiR0VUI"
                + "iwgImh0dSI6ICJodHRwczovL2FwaS5leGFtcGxlL2E_Yj1jIiwgImlhdCI6IDE4MDAwMDAwMDAsICJhdGgiOiAiZlVIeU8ycjJaM"
                + "0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.JbVlbRma15EbLYx7rIca5u5mWCdhiod_ihiq1P2kX786SzMivEYI"
                + "XRHtabpn-GqSOTFE48cKl4mBfZ4IirjNAw"
        ),
        (
            "PS256", "7f0Lq_xldgz73dN0lXj-RResxpL3jfTlcKNU9fpiuTY",
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IlBTMjU2IiwiandrIjp7Im4iOiJ5UVhZMHowNjQ3SzNRUHBRNjQwZC1WN1JkV2Rpdmdl"
                + "bFVRcnpRM0tISUlvbXgxV1dTbXlpelZKWi1RY19GNW9qaXE2NjhNOTVMMTVQMWpMODVXNW1ISFNvX1laZHNOcDBHcTRybDcwb2cz"
                + "RjNqX0hxYlVOVk1wXzV4LVNHeWVBcWlaZjZ2YUNxMTRwclFaYlM0N0trcmc2REJHd29KQS00LW5Sd0VKSnlrUWJ2NXdvY0FyZmpr"
                + "Zjk3MHpyZnhWMm9GY2hvUWhRb2U3Y0tJQjdFeTVHWnpMZC1sSVJFMC1IOVFUVnE1WGt4NWVYaEd4Ym9CbXNndTk1NXJ0MG81YUwx"
                + "ZUxRTTQxYWc5ZS14a0xjbFVuUmpWbGs2RkZiTUNsemc0Y2JXdm0tOE1nTDR6UVZ0Zk5uQjhuSGliT0pySV9yWnhJTjJ3Y1ZOUHM5"
                + "V2Mzak5JdF9DSlEiLCJlIjoiQVFBQiIsImt0eSI6IlJTQSJ9fQ.eyJqdGkiOiAiai1QUzI1NiIsICJodG0iOiAiR0VUIiwgImh0d"
                + "SI6ICJodHRwczovL2FwaS5leGFtcGxlL2E_Yj1jIiwgImlhdCI6IDE4MDAwMDAwMDAsICJhdGgiOiAiZlVIeU8ycjJaM0RaNTNFc"
                + "05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.VjmgCyEP_G0fz0-DNad3s6ABxEhgJXq2-z3NX3OKNFbAv82pZCpjV1SccKw7"
                + "2-cOclfPX6IXNKFl-SUCa1vi-flaOsMfxaJhl-CGFmtF4AFR51Uqsngxx0PGV_2ZwUB05ZY1NH4mwlv3DG5IgXWv0TeqRBdYsNgJ"
                + "1qUDGiu8bbH_Ix1I_O6qmuFXhnCzYTxZ9dhw2x7M8QAj7YwYjk6eeqd28Ki4-9l7TbAnnu6f4TMHiW-x8Jrl1hTX9BaOVglDt-V4"
                + "5xMB-nwd04fMydx6RUXuynGGFeEUUXFOPXAbuINuHZUFoRZzdSDKJE0mwl6FCX1vqXiobEEs7drvfXSqng"
        ),
        (
            "RS384", "E50cz1udOFE8D_237xM_Q6o3B7akPTTSRDpqGO2icB4",
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IlJTMzg0IiwiandrIjp7Im4iOiI0R2g0Wkc3RXptMUFaRGpFZ0pKdjBjWVlFSkhOUkRB"
                + "QkY2QWNoZVZ0SWRKMnJBUmhCMGtnMGRPVWlFM3lXN29BNTV1MmRqdmptZENuZ2tCVXFXa1F3d0syUlRBY1VmcGJ4ZFRBdXFCMVFp"
                + "amhGVmFlWGotR3dkQ2xpQllRUUNJY0ZjQ1FzUzZLREYxUXVBUzg4M1I2S1dLVnlSM21CLTN3S3l0Yl9qREl4bVgwNjV2aHdyOTlI"
                + "MXZ2NTh6NzBQVElncEFuSzVjSFR3d2dmbXQzTVNabDRlRnlDemJlWkRPRldCLS1wOFd4bzNyRFI4U2xQeGRidWxCbGxEam14OWpm"
                + "NDNZVEZMN0twR1p3Rl92WTh0ZEtYbDNLZEp5RkFJVHFiVENOSF9yZ1JJRDlnRXQ4bnV6TjZwMkhVaXZ3UG5wYXQyazJ0T0lKT09o"
                + "enVJajc3V3ZyMjB0NjdsM3FWY0xVeDlQd25nZm9sdjNuMkpuT0xNSWg4RVZMT3hEREszX2YwWW5HUWUyVlU1WkFIQnJyTjQ3ak1Y"
                + "aG9QYjg0U2trQkZfY0M2dF9LRFFlRFpEeGFrZTFuZFRmVWRmbFdYd2ZUbnlfZDdVOHVBdjdXdFRpLVhDZHNZZThFSjR1QnhSVFQ1"
                + "cUlGT1hTeUxIZDlxckdFc21SWFRxUUEySHNpa1FpaCIsImUiOiJBUUFCIiwia3R5IjoiUlNBIn19.eyJqdGkiOiAiai1SUzM4NCI"
                + "sICJodG0iOiAiR0VUIiwgImh0dSI6ICJodHRwczovL2FwaS5leGFtcGxlL2E_Yj1jIiwgImlhdCI6IDE4MDAwMDAwMDAsICJhdGg"
                + "iOiAiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.Fgm7h5Ry8r1uyG-T_wWf2OiZF4ccV8ofV9"
                + "dLUljV1_WqiJCVkEyjgR0djwIpxmNubuwHhxDLHDFKVayb4c_Vk-QPDVWOyvljP6h26E6aDVjv8uWXVcXCU1pivEuLhlXGipp6kn"
                + "btkJevEW4nYHyiJNu222ZBHe_Fg2w87YpIMkLmOXMQZWfDIn9YIrxzxWrX-6iuQZ6DgIeg6wU48HcAbZKp5bP40Iirn1SQ9MiDfu"
                + "oFMBf2-pihQbT2I95TpdTQdz8XoiGGzbVHjleKfexkL-H8VA8cvswwHzWScjS2kdDTvZmpqZDxH6D3gZh5gxYh3L90MHFM2Frso0"
                + "QpCAhkp63TzZJzlZzcqkiPqoAr7gjXR4YSpDsN2VB0K55h6Jucf930HKrSAjWXXockCQJd7Ck531FJl9kEqYSF3zqPKlldfHU6Ho"
                + "bUmnVMxESuI8uAio7D1H-33TQD_3uDdj4m9jVNaCNr5H7aPMf998MrjxgS5DymSqbbTUkuc2tttWLV"
        ),
        (
            "ES256K", "D1fAHdZd8TAuHK1xEnP71rXgwJ3Hen5rNcJTvFXfI4s",
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2SyIsImp3ayI6eyJjcnYiOiJzZWNwMjU2azEiLCJ4IjoiZXRkUURURVh5d3FE"
                + "cm5HQUg4bWI1ZXR0YUtLOFE1ZTgzODhkZ19IVjc2TSIsInkiOiI4Zk44cE1ENXNSSDhDWlY5R00xRXQ2TFpGX1FXVk1RdDdLUXRa"
                + "d0wwVkhnIiwia3R5IjoiRUMifX0.eyJqdGkiOiAiai1FUzI1NksiLCAiaHRtIjogIkdFVCIsICJodHUiOiAiaHR0cHM6Ly9hcGku"
                + "ZXhhbXBsZS9hP2I9YyIsICJpYXQiOiAxODAwMDAwMDAwLCAiYXRoIjogImZVSHlPMnIyWjNEWjUzRXNOcldCYjB4V1hvYU55NTlJ"
                + "aUtDQXFrc21RRW8ifQ.vv9Go7fF4Sw8UYEHz9_GsHl34KmUcSAVKlFsEbfPP86Vh4B7IwzvsQSU3ipQpStFDELUPkSOymaPl9S5w"
                + "lXkoA"
        ),
    ]

    @Test func accepted() throws {
        let target = RequestTarget(method: "GET", uri: TargetURI("https://api.example/a")!)
        let verifier = Proofs.verifier(clock: .fixed(1_800_000_000))
        for (algorithm, thumbprint, proof) in Self.proofs {
            let key = try #require(SHA256Digest(base64URL: thumbprint))
            let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
            func verify(_ text: String) throws(Refusal) {
                _ = try verifier.verify([text], for: target, token: token, boundTo: key)
            }
            // Any other last character but one of the signature.
            let changed = proof.dropLast(5) + (proof.dropLast(4).hasSuffix("A") ? "B" : "A") + proof.suffix(4)
            #expect(throws: Refusal(.invalidProof, "proof_signature"), "\(algorithm)") { try verify(String(changed)) }
            #expect(throws: Never.self, "\(algorithm)") { try verify(proof) }
            #expect(throws: Refusal(.invalidProof, "proof_replayed"), "\(algorithm)") { try verify(proof) }
        }
        #expect(verifier.preparedKeys == Self.proofs.count)
    }
}
