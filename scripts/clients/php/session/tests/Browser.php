<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

/** A browser with cookies. */
final class Browser
{
    /** @var array<string, string> */
    public array $cookies = [];

    /** @var list<string> headers of the last answer */
    public array $headers = [];

    public int $status = 0;

    public function __construct(private readonly string $url)
    {
    }

    /** Sends a request and returns the body of the answer. */
    public function call(string $method, string $path, string $body = '', ?string $cookie = null): string
    {
        $pairs = [];
        foreach ($this->cookies as $name => $value) {
            $pairs[] = "$name=$value";
        }
        $context = stream_context_create(['http' => [
            'method' => $method, 'content' => $body, 'ignore_errors' => true, 'timeout' => 60, 'follow_location' => 0,
            'header' => "Content-Type: application/json\r\nConnection: close\r\nCookie: " . ($cookie ?? implode('; ', $pairs)),
        ]]);
        $answer = (string) file_get_contents($this->url . $path, false, $context);
        $this->headers = $http_response_header;
        $this->status = (int) explode(' ', $this->headers[0])[1];
        foreach ($this->headers as $header) {
            if (preg_match('/\ASet-Cookie: ([^=]+)=([^;]*)(.*)/i', $header, $found) === 1) {
                if ($found[2] === '' || $found[2] === 'deleted' || preg_match('/Max-Age=0|expires=[^;]*19[67]\d/i', $found[3]) === 1) {
                    unset($this->cookies[$found[1]]);
                } else {
                    $this->cookies[$found[1]] = $found[2];
                }
            }
        }
        return $answer;
    }

    /** Sends a request and returns the JSON of the answer. */
    public function json(string $method, string $path, string $body = ''): mixed
    {
        $answer = $this->call($method, $path, $body);
        $value = json_decode($answer, true);
        if ($this->status !== 200 || json_last_error() !== JSON_ERROR_NONE) {
            throw new \RuntimeException("$method $path: status $this->status: " . substr($answer, 0, 2000));
        }
        return $value;
    }

    public function id(): ?string
    {
        return $this->cookies['sessionid'] ?? null;
    }
}
