<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

use Illuminate\Container\Container;
use Illuminate\Config\Repository;
use Illuminate\Support\MessageBag;
use Illuminate\Support\ViewErrorBag;
use MemcachedSoap\Laravel\SharedSessionManager;
use MemcachedSoap\Laravel\SharedStore;
use MemcachedSoap\Session\Options;
use MemcachedSoap\Session\Refused;
use PHPUnit\Framework\TestCase;

require_once 'Illuminate/autoload.php';
require_once __DIR__ . '/../autoload.php';

/** Laravel's session without HTTP. */
final class StoreTest extends TestCase
{
    private Sessions $sessions;

    protected function setUp(): void
    {
        $this->sessions = new Sessions();
    }

    private function store(?string $id = null, bool $previousUrl = true): SharedStore
    {
        $store = new SharedStore('sessionid', Options::of(['url' => Sessions::url(), 'app' => 'laravel', 'ttl' => 600]), $previousUrl);
        $store->setId($id);
        $store->start();
        return $store;
    }

    /** @return list<string>|null */
    private function names(SharedStore $store): ?array
    {
        $stored = $this->sessions->get($store->getId());
        return $stored === null ? null : array_map(strval(...), array_keys($stored));
    }

    public function testTokenIsStoredWhenItIsUsed(): void
    {
        $store = $this->store();
        $store->setPreviousUrl('http://127.0.0.1/');
        $store->save();
        self::assertNull($this->names($store), 'nothing to store');
        $store = $this->store();
        $token = $store->token();
        $store->save();
        self::assertSame(['laravel/_token'], $this->names($store));
        self::assertSame($token, $this->store($store->getId())->token());
    }

    public function testPreviousUrl(): void
    {
        foreach ([true, false] as $stored) {
            $store = $this->store(null, $stored);
            $store->put('a', 1);
            $store->setPreviousUrl('http://127.0.0.1/');
            $store->save();
            self::assertSame($stored ? 'http://127.0.0.1/' : null, $this->store($store->getId())->previousUrl());
        }
    }

    public function testFlashAndErrors(): void
    {
        $store = $this->store();
        $store->flash('status', 'saved');
        $errors = (new ViewErrorBag())->put('default', new MessageBag(['name' => ['is missing']]));
        $store->flash('errors', $errors);
        $store->save();
        $next = $this->store($store->getId());
        self::assertSame('saved', $next->get('status'));
        self::assertSame('is missing', $next->get('errors')->first('name'));
        $next->save();
        self::assertNull($this->store($store->getId())->get('status'));
        self::assertNull($this->store($store->getId())->get('errors'));
    }

    public function testNewIds(): void
    {
        $store = $this->store();
        $store->put('a', 1);
        $store->save();
        $first = $store->getId();
        $store = $this->store($first);
        $store->regenerate();
        $store->save();
        self::assertNotNull($this->sessions->get($first), 'regenerate without true leaves the old id');
        self::assertSame(1, $this->store($store->getId())->get('a'));
        $store->start();
        $second = $store->getId();
        $store->regenerate(true);
        $store->save();
        self::assertNull($this->sessions->get($second));
        self::assertSame(1, $this->store($store->getId())->get('a'));
        $store = $this->store($store->getId());
        $third = $store->getId();
        $store->invalidate();
        $store->save();
        self::assertNull($this->sessions->get($third));
        self::assertNull($this->sessions->get($store->getId()));
    }

    public function testRefused(): void
    {
        $store = $this->store();
        $store->put('cart', collect([1]));
        $this->expectException(Refused::class);
        $this->expectExceptionMessage('session key "cart" has an object of the class Illuminate\Support\Collection');
        $store->save();
    }

    /** What Session::getHandler() returns works on sessions by their id. */
    public function testHandler(): void
    {
        $store = $this->store();
        $store->put('a', 1);
        $store->save();
        $handler = $store->getHandler();
        self::assertSame(1, unserialize($handler->read($store->getId()))['a']);
        self::assertTrue($handler->write($store->getId(), serialize(['a' => 2])));
        self::assertSame(2, $this->store($store->getId())->get('a'));
        self::assertTrue($handler->destroy($store->getId()));
        self::assertSame('', $handler->read($store->getId()));
        self::assertFalse($handler->write($store->getId(), serialize(['a' => 3])));
        self::assertSame(0, $handler->gc(1));
    }

    public function testSettings(): void
    {
        $app = new Container();
        $settings = ['driver' => SharedSessionManager::DRIVER, 'cookie' => 'sessionid', 'lifetime' => 2, 'encrypt' => false];
        $app->instance('config', new Repository(['session' => $settings, 'memcachedsoap' => ['url' => Sessions::url()]]));
        $store = (new SharedSessionManager($app))->driver();
        $store->start();
        $store->put('a', 1);
        $store->save();
        self::assertEqualsWithDelta(120, $this->sessions->expiresIn($store->getId()), 2);
        $app['config']->set('session.encrypt', true);
        $this->expectException(\InvalidArgumentException::class);
        $this->expectExceptionMessage('session.encrypt');
        (new SharedSessionManager($app))->driver();
    }
}
