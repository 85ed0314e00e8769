<?php
// A client that sends a name and a password in the Security header of each message
// (WS-Security). A digest is a hash of the password, and each message has a new one.
class UsernameTokenClient extends SoapClient
{
    private const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-';
    private const SECURITY = self::WSS . 'wssecurity-secext-1.0.xsd';
    private const UTILITY = self::WSS . 'wssecurity-utility-1.0.xsd';
    private const TOKEN = self::WSS . 'username-token-profile-1.0#';

    public function __construct(
        ?string $wsdl,
        array $options,
        private string $name,
        private string $password,
        private bool $digest = false,
    ) {
        parent::__construct($wsdl, $options);
    }

    public function __call(string $operation, array $arguments): mixed
    {
        $header = new SoapVar('<w:Security xmlns:w="' . self::SECURITY . '" xmlns:u="' . self::UTILITY . '">'
            . $this->token() . '</w:Security>', XSD_ANYXML);
        $this->__setSoapHeaders(new SoapHeader(self::SECURITY, 'Security', $header));
        return parent::__call($operation, $arguments);
    }

    private function token(): string
    {
        $rest = '';
        $password = $this->password;
        if ($this->digest) {
            $nonce = random_bytes(16);
            $created = gmdate('Y-m-d\TH:i:s\Z');
            $password = base64_encode(sha1($nonce . $created . $password, true));
            $rest = '<w:Nonce>' . base64_encode($nonce) . "</w:Nonce><u:Created>$created</u:Created>";
        }
        return '<w:UsernameToken><w:Username>' . htmlspecialchars($this->name, ENT_XML1) . '</w:Username>'
            . '<w:Password Type="' . self::TOKEN . ($this->digest ? 'PasswordDigest' : 'PasswordText') . '">'
            . htmlspecialchars($password, ENT_XML1) . "</w:Password>$rest</w:UsernameToken>";
    }
}
