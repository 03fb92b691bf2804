/// A certificate for keys.example that signs itself, with its key; made once for these tests and good for a century.
public enum SelfSigned {
    public static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBxTCCAWugAwIBAgIUPanzup0rUwoPrih9yZbeUa7pMc8wCgYIKoZIzj0EAwIw
        FzEVMBMGA1UEAwwMa2V5cy5leGFtcGxlMCAXDTI2MTEyMTE5MjM0NloYDzIxMjYx
        MDI4MTkyMzQ2WjAXMRUwEwYDVQQDDAxrZXlzLmV4YW1wbGUwWTATBgcqhkjOPQIB
        BggqhkjOPQMBBwNCAATrsqqv73gtW+JGxb3jmpkXAAj8nzgpp/u1gpBgIHoZl4gX
        LxCZw6W6iLWSsK/baUj57AaNvK+MWwznJGgr5Op7o4GSMIGPMB0GA1UdDgQWBBRp
        WFoFwSKJCM3RfakxQ0Uqh4nc7zAfBgNVHSMEGDAWgBRpWFoFwSKJCM3RfakxQ0Uq
        h4nc7zAXBgNVHREEEDAOggxrZXlzLmV4YW1wbGUwDwYDVR0TAQH/BAUwAwEB/zAO
        BgNVHQ8BAf8EBAMCAoQwEwYDVR0lBAwwCgYIKwYBBQUHAwEwCgYIKoZIzj0EAwID
        SAAwRQIhAI9OnoHEkgxPvA5Mfg7CfBBAXyBA4fPQRiJsORehBQlUAiB0LeMft3yW
        G9uBEGi1fr3AZMmdTgpEPCMkwaPD0Np69g==
        -----END CERTIFICATE-----
        """

    public static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghR2dTYmFH/W+kfdv
        2q8Q8YahZ83lGgS8jVTQ+6xpxRShRANCAATrsqqv73gtW+JGxb3jmpkXAAj8nzgp
        p/u1gpBgIHoZl4gXLxCZw6W6iLWSsK/baUj57AaNvK+MWwznJGgr5Op7
        -----END PRIVATE KEY-----
        """
}
