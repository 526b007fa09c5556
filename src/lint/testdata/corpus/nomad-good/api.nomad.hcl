variable "tag" {
  type    = string
  default = "latest"
}

job "api" {
  group "api" {
    shutdown_delay = "10s"

    network {
      mode = "bridge"
      port "http" {}
    }

    service {
      name = "api"
      port = "http"
      connect {
        sidecar_service {}
      }
    }

    task "api" {
      driver       = "docker"
      kill_timeout = "30s"
      kill_signal  = "SIGTERM"

      config {
        image = "registry.example/api:${var.tag}"
      }
    }
  }
}
