<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

use MemcachedSoap\Session\Options;
use MemcachedSoap\Session\Page;
use MemcachedSoap\Session\Unavailable;
use PHPUnit\Framework\TestCase;

/** What the options key, user, password and caFile send and check. */
final class CredentialsTest extends TestCase
{
    private string $dir;

    protected function setUp(): void
    {
        $this->dir = (string) tempnam(sys_get_temp_dir(), 'adapter');
        unlink($this->dir);
        mkdir($this->dir, 0700);
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), (array) glob("$this->dir/*"));
        rmdir($this->dir);
    }

    /**
     * Opens a session at a service that keeps the request and answers with a session.
     *
     * @param array<string, mixed> $options
     *
     * @return string the headers of the request
     */
    private function request(array $options, string $transport = 'tcp'): string
    {
        $context = stream_context_create(['ssl' => ['local_cert' => "$this->dir/server.pem"]]);
        $listener = stream_socket_server("$transport://127.0.0.1:0", $code, $text, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
        $child = pcntl_fork();
        if ($child === 0) {
            $connection = @stream_socket_accept($listener, 5);
            if ($connection !== false) {
                $headers = '';
                while (($line = fgets($connection)) !== false && rtrim($line) !== '') {
                    $headers .= $line;
                }
                file_put_contents("$this->dir/request", $headers);
                $answer = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
                    . '<getSessionResponse xmlns="urn:memcached-soap:session:v1"><getSessionResult><id>a</id><version>1</version>'
                    . '<attributes/></getSessionResult></getSessionResponse></s:Body></s:Envelope>';
                fwrite($connection, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: " . strlen($answer) . "\r\n\r\n$answer");
                fclose($connection);
            }
            posix_kill(posix_getpid(), SIGKILL); // without the end of PHPUnit
        }
        $port = substr((string) strrchr((string) stream_socket_get_name($listener, false), ':'), 1);
        $scheme = $transport === 'tcp' ? 'http' : 'https';
        try {
            self::assertTrue((new Page(Options::of($options + ['url' => "$scheme://127.0.0.1:$port/soap"])))->find(str_repeat('a', 32)));
        } finally {
            posix_kill($child, SIGKILL);
            pcntl_waitpid($child, $status);
        }
        return (string) file_get_contents("$this->dir/request");
    }

    public function testKeyAndPassword(): void
    {
        self::assertStringNotContainsString('Authorization', $this->request([]));
        self::assertStringContainsString("\r\nAuthorization: Bearer a-key\r\n", $this->request(['key' => 'a-key']));
        $basic = 'Authorization: Basic ' . base64_encode('portal:a-password');
        self::assertStringContainsString($basic, $this->request(['user' => 'portal', 'password' => 'a-password']));
    }

    public function testAuthority(): void
    {
        $config = "$this->dir/openssl.cnf";
        file_put_contents($config, "[req]\ndistinguished_name=dn\n[dn]\n[ext]\nsubjectAltName=IP:127.0.0.1\nbasicConstraints=CA:TRUE\n");
        $key = openssl_pkey_new(['config' => $config, 'private_key_bits' => 384, 'private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
        $request = openssl_csr_new(['commonName' => 'localhost'], $key, ['config' => $config]);
        openssl_x509_export(openssl_csr_sign($request, null, $key, 1, ['config' => $config, 'x509_extensions' => 'ext']), $certificate);
        openssl_pkey_export($key, $secret, null, ['config' => $config]);
        file_put_contents("$this->dir/ca.pem", $certificate);
        file_put_contents("$this->dir/server.pem", $certificate . $secret);
        self::assertStringStartsWith('POST /soap', $this->request(['caFile' => "$this->dir/ca.pem"], 'ssl'));
        $this->expectException(Unavailable::class); // an authority that nobody knows
        $this->request([], 'ssl');
    }
}
