<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

/** A program that listens on a free port of 127.0.0.1. */
final class Server
{
    public readonly string $url;

    /** @var resource */
    private $process;

    private readonly string $output;

    /**
     * @param list<string>          $command
     * @param array<string, string> $environment
     */
    public function __construct(array $command, array $environment)
    {
        $port = self::freePort();
        $this->url = "http://127.0.0.1:$port";
        $this->output = (string) tempnam(sys_get_temp_dir(), 'adapter');
        $files = [['file', '/dev/null', 'r'], ['file', $this->output, 'a'], ['file', $this->output, 'a']];
        $this->process = proc_open($command, $files, $pipes, null, ['PORT' => (string) $port] + $environment + getenv());
        for ($i = 0; $i < 600; $i++) {
            $connection = @fsockopen('127.0.0.1', $port, $code, $text, 1);
            if ($connection !== false) {
                fclose($connection);
                return;
            }
            usleep(100000);
        }
        throw new \RuntimeException("does not start:\n" . $this->log());
    }

    public function browser(): Browser
    {
        return new Browser($this->url);
    }

    /** What the program has printed. */
    public function log(): string
    {
        return (string) file_get_contents($this->output);
    }

    public function stop(): void
    {
        proc_terminate($this->process);
        proc_close($this->process);
        unlink($this->output);
    }

    public static function freePort(): int
    {
        $listener = stream_socket_server('tcp://127.0.0.1:0');
        return (int) substr((string) strrchr((string) stream_socket_get_name($listener, false), ':'), 1);
    }
}
