<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

use PHPUnit\Framework\TestCase;

/** What each example application must do. */
abstract class ApplicationTestCase extends TestCase
{
    protected static Server $server;
    protected Sessions $sessions;
    protected Browser $browser;

    /** The folder of the adapter, such as symfony. */
    abstract protected static function adapter(): string;

    public static function setUpBeforeClass(): void
    {
        self::$server = self::start();
    }

    /** @param array<string, string> $environment */
    protected static function start(array $environment = []): Server
    {
        return new Server([__DIR__ . '/../../' . static::adapter() . '/example/run'], $environment + [
            'SOAP_URL' => Sessions::url(), 'APP' => 'app', 'SHARED' => 'shared', 'EXACT' => 'count', 'TIMEOUT' => '30',
        ]);
    }

    public static function tearDownAfterClass(): void
    {
        self::$server->stop();
    }

    protected function setUp(): void
    {
        $this->sessions = new Sessions();
        $this->browser = self::$server->browser();
    }

    protected function set(string $key, mixed $value): void
    {
        $this->browser->json('POST', '/set?key=' . rawurlencode($key), \MemcachedSoap\Example\json($value));
    }

    protected function get(string $key): mixed
    {
        return \MemcachedSoap\Example\read($this->browser->json('GET', '/get?key=' . rawurlencode($key))['value']);
    }

    protected function whoami(): mixed
    {
        return $this->browser->json('GET', '/whoami')['uid'];
    }

    public function testLoginAndLogout(): void
    {
        self::assertNull($this->whoami());
        $this->set('cart', ['a']);
        $anonymous = $this->browser->id();
        $this->browser->json('POST', '/login?uid=zo%C3%AB');
        self::assertNotSame($anonymous, $this->browser->id());
        self::assertNull($this->sessions->get($anonymous));
        self::assertSame(['a'], $this->get('cart'));
        self::assertSame(['uid' => 'zoë', 'groups' => ['users', 'staff']], $this->browser->json('GET', '/whoami'));
        $id = $this->browser->id();
        $this->browser->json('POST', '/login?uid=zo%C3%AB');
        self::assertNull($this->sessions->get($id), 'a second login');
        $id = $this->browser->id();
        $this->browser->json('POST', '/logout');
        self::assertNull($this->sessions->get($id));
        self::assertNull($this->whoami());
    }

    public function testAnotherUser(): void
    {
        $this->browser->json('POST', '/login?uid=first');
        $this->set('secret', 1);
        $this->browser->json('POST', '/login?uid=second');
        self::assertSame('second', $this->whoami());
        self::assertNull($this->get('secret'));
    }

    public function testLogoutEverywhere(): void
    {
        $uid = 'everywhere-' . static::adapter();
        $this->browser->json('POST', "/login?uid=$uid");
        $first = $this->browser->id();
        $this->browser->cookies = [];
        $this->browser->json('POST', "/login?uid=$uid");
        self::assertSame(2, $this->browser->json('POST', "/logout-everywhere?uid=$uid")['sessions']);
        self::assertNull($this->sessions->get($first));
        self::assertNull($this->whoami());
    }

    /** A session of another program is the user's here, and what it holds stays. */
    public function testLoginOfAnotherProgram(): void
    {
        $id = bin2hex(random_bytes(16));
        $this->sessions->set($id, ['uid' => ['value' => 'perl'], 'groups' => ['value' => 'a; b'], 'other/x' => ['value' => 'kept']]);
        $this->browser->cookies['sessionid'] = $id;
        self::assertSame(['uid' => 'perl', 'groups' => ['a', 'b']], $this->browser->json('GET', '/whoami'));
        $this->set('shared', true);
        $stored = $this->sessions->get($id);
        self::assertSame(['kept', 'true', 'boolean'], [$stored['other/x']->value, $stored['shared']->value, $stored['shared']->type]);
        self::assertSame($id, $this->browser->id());
    }

    public function testValuesAndKeys(): void
    {
        $this->browser->json('POST', '/login?uid=values');
        $values = ["zoë \u{1F98A}\r\n\t<&>]]>", '', '0042', 'true', 42, -7, 0, PHP_INT_MAX, PHP_INT_MIN, 1.5, 1e-7, 1e300, -0.5, 3.0, true, false,
            null, [], [1, '1', [2.5, [null]]], ['a' => ['b' => [false]], '' => 'empty', 5 => 1], "\x00\xFF", "a\0b", "base64:eA=="];
        $this->set('all', $values);
        self::assertSame($values, $this->get('all'));
        foreach (['a/b', '../x', 'a b', 'zoë', "nul\0l", "bell\x07", 'base64:YQ==', '5', 'base64:', str_repeat('k', 65536), '_sf2_meta', 'uid_'] as $key) {
            $name = strlen($key) > 8000 ? null : $key; // a URL of this length is refused
            if ($name === null) {
                $this->browser->json('POST', '/many', (string) json_encode([$key => 'long']));
                $stored = $this->sessions->get($this->browser->id());
                self::assertSame('long', ($stored["app/$key"] ?? null)?->value);
                continue;
            }
            $this->set($key, "value of $key");
            self::assertSame("value of $key", $this->get($key), $key);
        }
        $this->browser->json('POST', '/remove?key=a%2Fb');
        self::assertFalse($this->browser->json('GET', '/get?key=a%2Fb')['present']);
    }

    /** Eight writers, 40 changes each: none is lost. */
    public function testParallelChangesAreKept(): void
    {
        $this->browser->json('POST', '/login?uid=parallel');
        $this->browser->json('POST', '/set?key=count', '0');
        $writers = [];
        for ($w = 0; $w < 8; $w++) {
            $writers[] = $child = pcntl_fork();
            if ($child === 0) {
                try {
                    for ($i = 0; $i < 40; $i++) {
                        $this->browser->json('POST', "/set?key=w{$w}_$i", (string) $i);
                    }
                } finally {
                    posix_kill(posix_getpid(), SIGKILL); // without the end of PHPUnit
                }
            }
        }
        foreach ($writers as $writer) {
            pcntl_waitpid($writer, $status);
        }
        $stored = $this->sessions->get($this->browser->id());
        $kept = 0;
        for ($w = 0; $w < 8; $w++) {
            for ($i = 0; $i < 40; $i++) {
                $kept += ($stored["app/w{$w}_$i"] ?? null)?->value === (string) $i ? 1 : 0;
            }
        }
        self::assertSame(320, $kept);
    }

    public function testLateWriters(): void
    {
        foreach (['logout' => null, 'login?uid=late' => 'late'] as $path => $user) {
            $this->browser->cookies = [];
            $this->browser->json('POST', '/login?uid=late');
            $id = $this->browser->id();
            $slow = pcntl_fork();
            if ($slow === 0) {
                $this->browser->call('POST', '/slow?key=late&ms=800', '1');
                posix_kill(posix_getpid(), SIGKILL);
            }
            usleep(400000);
            $this->browser->json('POST', "/$path");
            pcntl_waitpid($slow, $status);
            self::assertNull($this->sessions->get($id));
            self::assertSame($user, $this->whoami());
            self::assertNull($this->get('late'));
        }
        self::assertStringContainsString('logged out meanwhile', self::$server->log());
    }

    public function testCookies(): void
    {
        $gets = $this->sessions->calls('getSession');
        foreach (['', 'deadbeef', str_repeat('a', 31), str_repeat('a', 65), str_repeat('A', 32), str_repeat('g', 32), str_repeat('a', 6000),
            str_repeat('a', 31) . '%00', '../../../../etc/passwd', str_repeat('a', 32) . '%0a', 's:' . str_repeat('a', 30), '"'] as $id) {
            $this->browser->cookies = [];
            self::assertStringContainsString('"uid":null', $this->browser->call('GET', '/whoami', '', "sessionid=$id"));
            self::assertSame(200, $this->browser->status, $id);
            self::assertNotSame($id, $this->browser->id());
        }
        $this->browser->call('GET', '/whoami', '', 'sessionid[]=' . str_repeat('a', 32));
        self::assertLessThan(500, $this->browser->status);
        self::assertSame($gets, $this->sessions->calls('getSession'), 'none was sent to the service');
        $forged = bin2hex(random_bytes(16));
        $this->browser->cookies = ['sessionid' => $forged];
        $this->set('a', 1);
        self::assertNotSame($forged, $this->browser->id());
        self::assertNull($this->sessions->get($forged));
        self::assertStringContainsStringIgnoringCase('httponly', implode("\n", $this->browser->headers));
        self::assertStringContainsStringIgnoringCase('samesite=lax', implode("\n", $this->browser->headers));
    }

    public function testExchanges(): void
    {
        $this->browser->json('POST', '/login?uid=counted');
        $this->set('note', 1);
        $count = fn (): array => array_map($this->sessions->calls(...), ['getSession', 'updateSession', 'setSession', 'touchSession']);
        foreach (['GET /plain' => [0, 0], 'GET /whoami' => [1, 0], 'GET /get?key=note' => [1, 0], 'POST /set?key=note' => [1, 1]] as $page => $want) {
            [$method, $path] = explode(' ', $page);
            $before = $count();
            $this->browser->json($method, $path, $method === 'POST' ? '2' : '');
            $after = $count();
            self::assertSame([...$want, 0, 0], array_map(static fn (int $a, int $b): int => $b - $a, $before, $after), $page);
        }
    }

    public function testTooLarge(): void
    {
        $this->browser->json('POST', '/login?uid=large');
        $answer = $this->browser->call('POST', '/set?key=huge', (string) json_encode(base64_encode(random_bytes(3 << 20))));
        self::assertSame(500, $this->browser->status);
        self::assertStringContainsString('"huge"', $answer);
        self::assertSame('large', $this->whoami());
        self::assertNull($this->get('huge'));
    }

    public function testServiceDown(): void
    {
        $this->browser->json('POST', '/login?uid=patient');
        $down = self::start(['SOAP_URL' => 'http://127.0.0.1:' . Server::freePort() . '/soap']);
        try {
            $browser = $down->browser();
            $browser->cookies = $this->browser->cookies;
            foreach (['GET /whoami', 'GET /get?key=a', 'POST /set?key=a', 'POST /logout'] as $page) {
                [$method, $path] = explode(' ', $page);
                self::assertStringContainsString('does not answer', $browser->call($method, $path, '1'), $page);
                self::assertSame(503, $browser->status, $page);
                self::assertSame($this->browser->cookies, $browser->cookies, $page);
            }
            $browser->call('GET', '/plain');
            self::assertSame(200, $browser->status);
            foreach ([$this->browser->id(), 'patient'] as $secret) {
                self::assertStringNotContainsString((string) $secret, $down->log());
            }
        } finally {
            $down->stop();
        }
        self::assertSame('patient', $this->whoami());
    }
}
