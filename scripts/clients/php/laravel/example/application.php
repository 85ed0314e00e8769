<?php

// The example application of Laravel.

declare(strict_types=1);

namespace MemcachedSoap\Example;

use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as KernelContract;
use Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Exceptions\Handler as Exceptions;
use Illuminate\Foundation\Http\Kernel;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\Support\Facades\Auth;
use MemcachedSoap\Laravel\SharedLogin;

final class HttpKernel extends Kernel
{
    protected $middlewareGroups = [
        'web' => [EncryptCookies::class, AddQueuedCookiesToResponse::class, StartSession::class],
    ];
}

/** Makes the application; what it writes goes below the folder $build. */
function application(string $build): Application
{
    foreach (['SERVICES', 'PACKAGES', 'CONFIG', 'ROUTES', 'EVENTS'] as $name) {
        $_ENV["APP_{$name}_CACHE"] = $_SERVER["APP_{$name}_CACHE"] = "$build/" . strtolower($name) . '.php';
    }
    $app = new Application(__DIR__);
    $app->useStoragePath($build);
    $app->singleton(KernelContract::class, HttpKernel::class);
    $app->singleton(ExceptionHandler::class, Exceptions::class);
    $app->booted(static function (Application $app): void {
        $router = $app['router'];
        $router->get('/plain', static fn (): Response => answer([]));
        $router->middleware('web')->any('/{page}', page(...));
    });
    return $app;
}

/** @param array<string, mixed> $answer */
function answer(array $answer): Response
{
    return new Response(($answer === [] ? '{}' : json($answer)) . "\n", 200, ['Content-Type' => 'application/json; charset=UTF-8']);
}

function page(Request $request, SharedLogin $login, string $page): Response
{
    $session = $request->session();
    $key = (string) $request->query('key');
    switch ($request->method() . ' ' . $page) {
        case 'GET whoami':
            $user = Auth::user();
            return answer(['uid' => $user?->getAuthIdentifier(), 'groups' => $user?->groups() ?? []]);
        case 'POST login':
            $uid = (string) $request->query('uid');
            $login->login(login($uid));
            return answer(['uid' => $uid]);
        case 'POST logout':
            $login->logout();
            return answer([]);
        case 'POST logout-everywhere':
            return answer(['sessions' => $login->logoutEverywhere((string) $request->query('uid'))]);
        case 'GET get':
            return answer(['present' => $session->exists($key), 'value' => $session->get($key)]);
        case 'POST set':
            $session->put($key, value($request->getContent()));
            return answer([]);
        case 'POST remove':
            $session->forget($key);
            return answer([]);
        case 'POST slow':
            usleep(1000 * (int) $request->query('ms'));
            $session->put($key, value($request->getContent()));
            return answer([]);
        case 'POST many':
            foreach (value($request->getContent()) as $name => $value) {
                $session->put((string) $name, $value);
            }
            return answer([]);
        default:
            return answer([])->setStatusCode(404);
    }
}
