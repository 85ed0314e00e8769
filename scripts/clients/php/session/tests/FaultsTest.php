<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

use MemcachedSoap\Session\Conflict;
use MemcachedSoap\Session\Denied;
use MemcachedSoap\Session\Id;
use MemcachedSoap\Session\Options;
use MemcachedSoap\Session\Page;
use MemcachedSoap\Session\Refused;
use MemcachedSoap\Session\TooLarge;
use MemcachedSoap\Session\Unavailable;
use PHPUnit\Framework\TestCase;

/** What each fault of the service does. */
final class FaultsTest extends TestCase
{
    private static Server $server;

    /** @var list<string> */
    private array $log = [];

    public static function setUpBeforeClass(): void
    {
        self::$server = new Server([__DIR__ . '/../example/serve', __DIR__ . '/faults.php'], []);
    }

    public static function tearDownAfterClass(): void
    {
        self::$server->stop();
    }

    private function open(string $fault): Page
    {
        $log = function (string $line): void {
            $this->log[] = $line;
        };
        return new Page(Options::of(['url' => self::$server->url . "/$fault", 'log' => $log]));
    }

    public function testReading(): void
    {
        $id = str_repeat('a', 32);
        self::assertFalse($this->open('SessionNotFound')->find($id));
        self::assertFalse($this->open('InvalidSessionId')->find($id));
        self::assertSame([], $this->log);
        self::assertFalse($this->open('UnreadableSession')->find($id));
        self::assertSame(['a session gets a new id: it is stored in a form that cannot be read'], $this->log);
        foreach (['StoreUnavailable' => Unavailable::class, 'html' => Unavailable::class, 'nothing' => Unavailable::class,
            'Unauthorized' => Denied::class, 'Denied' => Denied::class, 'Client' => Refused::class] as $fault => $class) {
            try {
                $this->open($fault)->find($id);
                self::fail($fault);
            } catch (\MemcachedSoap\Session\SessionException $failure) {
                self::assertInstanceOf($class, $failure, $fault);
                self::assertSame($class === Unavailable::class ? 503 : 500, $failure->status());
            }
        }
    }

    public function testRetryAfter(): void
    {
        try {
            $this->open('StoreUnavailable')->find(str_repeat('a', 32));
            self::fail('no exception');
        } catch (Unavailable $failure) {
            self::assertSame(7, $failure->retryAfter);
        }
    }

    public function testStoringANewSession(): void
    {
        foreach (['SessionExists' => Conflict::class, 'PayloadTooLarge' => TooLarge::class, 'StoreUnavailable' => Unavailable::class,
            'Denied' => Denied::class] as $fault => $class) {
            $page = $this->open($fault);
            $page->begin(Id::make());
            try {
                $page->save(['small' => 1, 'large' => 'long enough']);
                self::fail($fault);
            } catch (\MemcachedSoap\Session\SessionException $failure) {
                self::assertInstanceOf($class, $failure, $fault);
            }
            if ($failure instanceof TooLarge) {
                self::assertSame([10, 20], [$failure->limit, $failure->actual]);
                self::assertStringContainsString('"large"', $failure->getMessage());
            }
        }
    }

    /** Only a text of the right shape is sent to the service. */
    public function testIds(): void
    {
        foreach (['', 'deadbeef', str_repeat('a', 31), str_repeat('a', 65), str_repeat('A', 32), str_repeat('g', 32), str_repeat('a', 32) . "\n",
            str_repeat('a', 31) . "\0", str_repeat('a', 31) . 'é', '../../etc/passwd' . str_repeat('a', 16)] as $id) {
            self::assertFalse($this->open('StoreUnavailable')->find($id));
        }
        self::assertMatchesRegularExpression('/\A[0-9a-f]{32}\z/', Id::make());
        self::assertTrue(Id::isValid(str_repeat('0123456789abcdef', 4)));
        self::assertFalse(Id::isValid(['a']));
    }
}
